# What the first nights leave behind: the plan's jobs, as AWS Backup would have run them. It belongs to the sandbox,
# where no schedule runs, and needs the vaults that the posture makes.

recovery_point "ten-nights-ago" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 10
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "last-night" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}
