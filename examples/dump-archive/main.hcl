# A self-run Postgres and a Redis whose backups are files: dumps each night, WAL segments each
# quarter of an hour, RDB files each six hours. They are pushed into one bucket in another region.

backstay {
  required_version = "~> 0.1"
  project          = "shop-backups"
}

account "main" {
  id     = "111111111111"
  region = "eu-central-1"
}

locals {
  # How long each generation is kept. Old backups leave by themselves: keeping them longer than
  # promised is a finding too, somewhere.
  generations = {
    daily   = { prefix = "postgres/daily/", keep = "7d" }
    weekly  = { prefix = "postgres/weekly/", keep = "28d" }
    monthly = { prefix = "postgres/monthly/", keep = "365d", archive_after = "30d", to = "glacier_ir" }
    annual  = { prefix = "postgres/annual/", keep = "2557d", archive_after = "30d", to = "deep_archive" }
    # Enough segments to go from any daily dump to any point in time after it.
    wal   = { prefix = "postgres/wal/", keep = "8d" }
    redis = { prefix = "redis/", keep = "7d" }
  }

  # Each writes below its own prefix, from its own machine, and nowhere else.
  writers = {
    postgres = "arn:aws:iam::111111111111:role/shop-postgres-host"
    redis    = "arn:aws:iam::111111111111:role/shop-redis-host"
  }
}

s3_bucket "archive" {
  name          = "shop-backup-archive"
  region        = "eu-west-1"
  versioning    = true
  public_access = false
  ownership     = "bucket_owner_enforced"
  encryption {}

  # Nothing younger than a week can be deleted by accident, or by whoever holds a writer's credential.
  object_lock {
    mode      = "governance"
    retention = "7d"
  }

  dynamic "expire" {
    for_each = local.generations
    labels   = [expire.key]
    content {
      prefix        = expire.value.prefix
      after         = expire.value.keep
      archive_after = try(expire.value.archive_after, null)
      to            = try(expire.value.to, null)
    }
  }

  # What has expired goes for good a week later.
  noncurrent {
    expire_after = "7d"
  }

  abort_multipart_after = "2d"

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

writer_role "backup" {
  for_each  = local.writers
  name      = "shop-backup-${each.key}"
  writes_to = [s3_bucket.archive]
  prefix    = "${each.key}/"

  trust {
    role_arn = each.value
  }
}

output "writers" {
  description = "What the backup jobs assume."
  value       = { for name, role in writer_role.backup : name => role.arn }
}

exempt "governance" {
  control  = "BKS-S3-012"
  resource = s3_bucket.archive
  reason   = "Dumps may hold personal data that has to be erased on request before the lock ends."
  owner    = "platform"
  expires  = "2030-06-30"
}
