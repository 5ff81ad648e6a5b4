variable "retention" {
  description = "How far back the database of each environment can be restored."
  type        = object({ prod = string, staging = string, dev = string })
  default = {
    prod    = "30d"
    staging = "14d"
    dev     = "7d"
  }

  validation {
    condition = (
      tonumber(trimsuffix(var.retention.prod, "d")) > tonumber(trimsuffix(var.retention.staging, "d")) &&
      tonumber(trimsuffix(var.retention.staging, "d")) > tonumber(trimsuffix(var.retention.dev, "d"))
    )
    error_message = "prod is kept longer than staging, and staging longer than dev."
  }

  validation {
    condition     = tonumber(trimsuffix(var.retention.prod, "d")) >= 14
    error_message = "prod is kept for fourteen days at least."
  }
}

variable "lock_uploads" {
  description = "How long uploads cannot be deleted, such as \"30d\"; null where no contract asks for it."
  type        = string
  default     = null
}
