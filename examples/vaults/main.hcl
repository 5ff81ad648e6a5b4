# The last line of a ledger: one Postgres database, whose backups have to outlive the account that it runs in.
# AWS Backup makes a recovery point each night and copies it into a locked vault of another account and region.

backstay {
  required_version = "~> 0.1"
  project          = "ledger"
}

# Both accounts are entered from a third one, where nothing runs but the administration of backups. An
# administrator of production cannot become anybody in the vault account, which is what makes the copy there worth
# having.
account "prod" {
  id     = "111111111111"
  region = "us-east-1"
}

account "vault" {
  id          = "222222222222"
  region      = "us-west-2"
  assume_role = "arn:aws:iam::222222222222:role/backstay"
}

# The third one. Nothing in it is managed here, but who is in it may enter the vault: a proof has to see them.
account "office" {
  id          = "333333333333"
  region      = "us-west-2"
  assume_role = "arn:aws:iam::333333333333:role/audit"
}

variable "key_administrator" {
  description = "Who looks after the key in production, and does not use it."
  type        = string
  default     = "arn:aws:iam::111111111111:role/key-administrator"
}

variable "guardian" {
  description = "The only role that may take a recovery point out of the vault; two people and a hardware key."
  type        = string
  default     = "arn:aws:iam::222222222222:role/guardian"
}

# It exists and belongs to the application.
rds_instance "main" {
  identifier          = "ledger-main"
  deletion_protection = true
  copy_tags           = true
  encrypted           = true

  # For everyday mishaps: any second of the last two weeks, as long as the account is there.
  pitr {
    retention = "14d"
    window    = "02:00-03:00"
  }
}
