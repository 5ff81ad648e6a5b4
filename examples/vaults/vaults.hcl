# Where recovery points are made, and where they are safe.

# Production's own vault. What is restored in a hurry is restored from here.
kms_key "main" {
  name           = "ledger-backups"
  description    = "Recovery points of the ledger in production."
  administrators = [var.key_administrator]
  users          = [iam_role.backup]
  rotation       = "365d"
}

backup_vault "main" {
  name    = "ledger-main"
  kms_key = kms_key.main

  lock {
    mode = "governance"
    min  = "7d"
    max  = "35d"
  }
}

# The isolated account has a key of its own: whoever can destroy production's keys must not be able to make the
# copies unreadable with them.
kms_key "isolated" {
  account        = account.vault
  name           = "ledger-isolated"
  description    = "Copies of the ledger's recovery points."
  administrators = ["arn:aws:iam::222222222222:role/backstay"]
  users          = [iam_role.restore, "arn:aws:iam::222222222222:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"]
  rotation       = "365d"
}

backup_vault "isolated" {
  account = account.vault
  name    = "ledger-isolated"
  kms_key = kms_key.isolated

  # Production may copy in, and nothing else.
  receives_from = ["111111111111"]
  deny_delete   = true
  guardians     = [var.guardian]

  # Governance, because a compliance lock can never be undone once its grace time is over: a mistake in min or max
  # would then stay for good. When a quarter has shown that the numbers are right, write mode = "compliance" with
  # grace = "14d"; it has to be approved by name.
  lock {
    mode = "governance"
    min  = "30d"
    max  = "120d"
  }
}

# Who restores in the vault account when production is gone: it reads recovery points and makes databases of them,
# and can neither delete nor shorten one.
iam_role "restore" {
  account     = account.vault
  name        = "ledger-restore"
  description = "AWS Backup restores the ledger with it."

  trust {
    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }

  statement {
    sid       = "Look"
    actions   = ["rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource"]
    resources = ["*"]
  }

  statement {
    sid     = "Restore"
    actions = ["rds:AddTagsToResource", "rds:RestoreDBInstanceFromDBSnapshot"]
    resources = [
      "arn:aws:rds:us-west-2:222222222222:db:ledger-*",
      "arn:aws:rds:us-west-2:222222222222:snapshot:awsbackup:*",
      "arn:aws:rds:us-west-2:222222222222:subgrp:*",
      "arn:aws:rds:us-west-2:222222222222:pg:*",
      "arn:aws:rds:us-west-2:222222222222:og:*",
    ]
  }
}
