# Failures that are accepted, by whom, why, and until when. When the day has passed, `check` fails again.

exempt "dumps-on-trial" {
  control  = "BKS-S3-012"
  resource = s3_bucket.dumps
  reason   = "Governance until the retention has proved itself; compliance cannot be taken back."
  owner    = "founder"
  expires  = "2030-06-30"
}

exempt "copies-on-trial" {
  control  = "BKS-S3-012"
  resource = s3_bucket.uploads_vault
  reason   = "Governance until the retention has proved itself; compliance cannot be taken back."
  owner    = "founder"
  expires  = "2030-06-30"
}
