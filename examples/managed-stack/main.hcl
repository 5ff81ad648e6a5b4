# An application without servers: the database, the secrets and the media live with providers.
# What they cannot give is a copy outside of themselves. That copy is what stands here.

backstay {
  required_version = "~> 0.1"
  project          = "studio-offsite"
}

account "offsite" {
  id     = "111111111111"
  region = "eu-west-1"
}

variable "repository" {
  description = "The GitHub repository whose workflows export."
  type        = string
  default     = "studio/app"
}

locals {
  # What leaves its provider, the environment of the workflow that exports it, and how long it is kept.
  exports = {
    # pg_dump before each migration and each night; a month, so that a bad migration can be undone.
    database = { prefix = "database/", environment = "migrations", keep = "30d" }
    # The encrypted export after each rotation. Old ones open nothing any more.
    secrets = { prefix = "secrets/", environment = "rotation", keep = "90d" }
  }
}

s3_bucket "offsite" {
  name          = "studio-offsite"
  public_access = false
  ownership     = "bucket_owner_enforced"
  encryption {}

  object_lock {
    mode      = "governance"
    retention = "14d"
  }

  dynamic "expire" {
    for_each = local.exports
    labels   = [expire.key]
    content {
      prefix = expire.value.prefix
      after  = expire.value.keep
    }
  }

  noncurrent {
    expire_after = "14d"
  }

  abort_multipart_after = "1d"

  policy {
    statement {
      sid     = "EncryptedRequestsOnly"
      effect  = "Deny"
      actions = ["s3:*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
      condition {
        test     = "Bool"
        variable = "aws:SecureTransport"
        values   = ["false"]
      }
    }
  }
}

# One writer for each export. The workflow of a pull request gets neither: the environment decides.
writer_role "export" {
  for_each = local.exports

  name      = "studio-export-${each.key}"
  writes_to = [s3_bucket.offsite]
  prefix    = each.value.prefix

  trust {
    github = "${var.repository}:environment:${each.value.environment}"
  }
}

output "writers" {
  description = "What the workflows assume."
  value       = { for name, role in writer_role.export : name => role.arn }
}

exempt "governance" {
  control  = "BKS-S3-012"
  resource = s3_bucket.offsite
  reason   = "Until the first full drill before launch; compliance cannot be taken back."
  owner    = "lead-developer"
  expires  = "2030-06-30"
}
