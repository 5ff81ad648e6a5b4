# What the first nights leave behind: the plan's jobs, as AWS Backup would have run them. It belongs to the sandbox,
# where no schedule runs, and needs the vaults that the posture makes.

recovery_point "night-10" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 10
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-09" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 9
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-08" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 8
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-07" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 7
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-06" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 6
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-05" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 5
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-04" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 4
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-03" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 3
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-02" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 2
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-01" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 1
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}

recovery_point "night-00" {
  of           = "arn:aws:rds:us-east-1:111111111111:db:ledger-main"
  vault        = "ledger-main"
  role         = "arn:aws:iam::111111111111:role/backstay/ledger/ledger-backup"
  age          = 0
  delete_after = 35
  copies = {
    "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated" = 90
  }
}
