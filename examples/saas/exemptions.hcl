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

# Whoever holds every credential of production can enter the vault account as backstay does, and a lock in
# governance yields to that. `backstay prove` shows the way; compliance, above, closes it for the uploads.
exempt "vault-on-trial" {
  control  = "BKS-OBJ-001"
  resource = s3_bucket.uploads
  scenario = "credential_compromise"
  reason   = "The vault is entered from production, and its lock is in governance until the retention has proved itself."
  owner    = "founder"
  expires  = "2030-06-30"
}

exempt "database-in-one-account" {
  control  = "BKS-OBJ-001"
  resource = rds_instance.app
  scenario = "credential_compromise"
  reason   = "Automated backups cannot leave the account; the nightly dumps in the vault stand in until AWS Backup copies there."
  owner    = "founder"
  expires  = "2030-06-30"
}
