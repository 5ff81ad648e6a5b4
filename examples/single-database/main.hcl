# An API on one managed Postgres. Redis in front of it is a cache and imports are staged on disk:
# neither is a source of truth, so neither is protected.

backstay {
  required_version = "~> 0.1"
  project          = "tower-api"
}

account "prod" {
  id     = "111111111111"
  region = "us-east-1"
}

variable "retention" {
  description = "How far back the database can be restored. The baseline is a week; a month is better."
  type        = string
  default     = "7d"

  validation {
    condition     = can(regex("^[0-9]+d$", var.retention)) && tonumber(trimsuffix(var.retention, "d")) >= 7
    error_message = "The baseline is seven days: write \"7d\" or more."
  }
}

variable "on_call" {
  description = "The role that whoever is on call signs in with."
  type        = string
  default     = "arn:aws:iam::111111111111:role/on-call"
}

rds_instance "main" {
  identifier          = "tower-main"
  deletion_protection = true
  copy_tags           = true
  encrypted           = true

  pitr {
    retention = var.retention
    window    = "03:00-03:30"
  }
}

# A restore at night must not wait for somebody who can grant rights. This role can make a new
# instance from a backup and cannot touch the old one, which stays for forensics.
iam_role "restore" {
  name        = "tower-restore"
  description = "Restores the database into a new instance"
  max_session = "4h"

  trust {
    principals {
      type        = "AWS"
      identifiers = [var.on_call]
    }
  }

  statement {
    sid = "Look"
    actions = [
      "rds:DescribeDBInstances",
      "rds:DescribeDBInstanceAutomatedBackups",
      "rds:DescribeDBSnapshots",
    ]
    resources = ["*"]
  }

  statement {
    sid = "Restore"
    actions = [
      "rds:AddTagsToResource",
      "rds:CreateDBSnapshot",
      "rds:RestoreDBInstanceFromDBSnapshot",
      "rds:RestoreDBInstanceToPointInTime",
    ]
    resources = [
      rds_instance.main.arn,
      "arn:aws:rds:us-east-1:111111111111:db:tower-main-restored-*",
      "arn:aws:rds:us-east-1:111111111111:snapshot:tower-main-*",
      "arn:aws:rds:us-east-1:111111111111:snapshot:rds:tower-main-*",
      "arn:aws:rds:us-east-1:111111111111:auto-backup:*",
      "arn:aws:rds:us-east-1:111111111111:subgrp:*",
      "arn:aws:rds:us-east-1:111111111111:pg:*",
      "arn:aws:rds:us-east-1:111111111111:og:*",
    ]
  }
}
