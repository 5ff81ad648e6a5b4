variable "environments" {
  description = "Each environment, and how far back its database can be restored."
  type = map(object({
    retention = string
    critical  = optional(bool, false)
  }))
  default = {
    prod    = { retention = "30d", critical = true }
    staging = { retention = "14d" }
    dev     = { retention = "7d" }
  }

  validation {
    condition = alltrue([
      for name, environment in var.environments :
      !environment.critical || tonumber(trimsuffix(environment.retention, "d")) >= 14
    ])
    error_message = "A critical environment keeps backups for fourteen days at least."
  }
}

variable "lock_uploads" {
  description = "How long uploads cannot be deleted, such as \"30d\"; null where no contract asks for it."
  type        = string
  default     = null
}
