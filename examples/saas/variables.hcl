variable "reach" {
  description = "How far back one can go. A slow corruption is often noticed after days, not hours."
  type        = string
  default     = "30d"
}

variable "repository" {
  description = "The GitHub repository and environment whose workflow writes the nightly dump."
  type        = string
  default     = "acme/app:environment:production"
}

variable "vault_region_key" {
  description = "A KMS key of the production account in us-west-2: copies of encrypted backups need one there."
  type        = string
  default     = "arn:aws:kms:us-west-2:111111111111:key/6f1d4c1e-0b7e-4f0c-9a55-3f6f1f0f7a11"
}
