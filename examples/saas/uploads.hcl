# What customers have uploaded. Somebody deletes a file of theirs by accident every month, so versions
# are kept, and cheaply after a while.
s3_bucket "uploads" {
  name          = "acme-uploads"
  versioning    = true
  public_access = false
  ownership     = "bucket_owner_enforced"
  encryption {}

  noncurrent {
    archive_after = "30d"
    to            = "glacier_ir"
    expire_after  = "1y"
  }

  abort_multipart_after = "7d"

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

  # Deletions are not copied: what is deleted here stays in sight there.
  replicate {
    to             = s3_bucket.uploads_vault
    within         = "15m"
    delete_markers = false
  }
}

# The copy. Each new version is locked, also against the administrators of production.
s3_bucket "uploads_vault" {
  account       = account.vault
  name          = "acme-uploads-vault"
  public_access = false
  ownership     = "bucket_owner_enforced"
  encryption {}

  # Start with governance. When a month has shown that nothing needs to be taken back, make it
  # "compliance", which nobody can undo.
  object_lock {
    mode      = "governance"
    retention = var.reach
  }

  noncurrent {
    expire_after = "1y"
  }

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
