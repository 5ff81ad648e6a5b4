s3_bucket "uploads" {
  name          = "orchard-uploads"
  versioning    = true
  public_access = false
  encryption {}

  dynamic "object_lock" {
    for_each = var.lock_uploads[*]
    content {
      mode      = "governance"
      retention = object_lock.value
    }
  }

  noncurrent {
    archive_after = "30d"
    to            = "standard_ia"
    expire_after  = "180d"
  }

  replicate {
    to = s3_bucket.uploads_west
  }
}

s3_bucket "uploads_west" {
  name          = "orchard-uploads-west"
  region        = "us-west-2"
  public_access = false
  encryption {}

  object_lock {
    mode      = "governance"
    retention = coalesce(var.lock_uploads, "7d")
  }

  noncurrent {
    expire_after = "180d"
  }
}

# Terraform's own state. Losing it does not lose data, and makes a week of work. Terraform keeps
# managing the bucket's name and its access; only what stands here is compared.
s3_bucket "terraform_state" {
  name          = "orchard-terraform-state"
  versioning    = true
  public_access = false
  encryption {}

  noncurrent {
    expire_after = "1y"
    keep         = 100
  }
}

exempt "state-in-one-region" {
  control  = "BKS-S3-030"
  resource = s3_bucket.terraform_state
  reason   = "State can be imported again from what exists."
  owner    = "sre"
  expires  = "2030-06-30"
}

exempt "copies-in-the-same-account" {
  control  = "BKS-S3-034"
  resource = s3_bucket.uploads
  reason   = "A second account is planned; until then the copy's lock is what holds."
  owner    = "sre"
  expires  = "2030-06-30"
}

exempt "governance" {
  control  = "BKS-S3-012"
  resource = s3_bucket.uploads_west
  reason   = "No contract asks for a lock that nobody can lift."
  owner    = "sre"
  expires  = "2030-06-30"
}
