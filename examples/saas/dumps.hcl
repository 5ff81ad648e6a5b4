# A logical dump each night, for the day on which one table is wanted back, or another provider.
s3_bucket "dumps" {
  account       = account.vault
  name          = "acme-dumps"
  public_access = false
  ownership     = "bucket_owner_enforced"
  encryption {}

  object_lock {
    mode      = "governance"
    retention = var.reach
  }

  expire "pg" {
    prefix = "pg/"
    after  = "90d"
  }

  noncurrent {
    expire_after = var.reach
  }

  abort_multipart_after = "7d"

  # What the writer must not do is added to this policy by its own block.
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

# Who writes it: the nightly workflow, which can add a dump and do nothing else. It cannot read,
# list, overwrite for good or delete one, whatever leaks from the pipeline.
writer_role "pgdump" {
  account   = account.vault
  writes_to = [s3_bucket.dumps]
  prefix    = "pg/"

  # The dumps count as copies of the database, as fresh as the newest object is.
  dumps = rds_instance.app
  every = "1d"

  trust {
    github = var.repository
  }
}

output "writer" {
  description = "The role that the nightly workflow assumes."
  value       = writer_role.pgdump.arn
}
