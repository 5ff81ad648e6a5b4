# Each night, of what, as whom, and where to.

backup_plan "nightly" {
  name = "ledger-nightly"

  rule "nightly" {
    vault        = backup_vault.main
    schedule     = "cron(0 4 ? * * *)"
    delete_after = "35d"

    # AWS Backup gives a job eight hours to begin and a week to end unless it is told otherwise, and what is
    # promised is only as good as that.
    start_window      = "1h"
    completion_window = "4h"

    # To another account and another region in one step. Such a copy is a whole snapshot, so a restore from it
    # loses up to a day.
    copy {
      to           = backup_vault.isolated
      delete_after = "90d"
    }
  }

  # The database by name, so that it is certain to be covered; what carries the tag later comes along by itself.
  selection "ledger" {
    role      = iam_role.backup
    resources = [rds_instance.main]

    tag {
      key   = "backup"
      value = "nightly"
    }
  }
}

# Whom AWS Backup acts as in production. It makes snapshots and copies them, and deletes none: what has expired,
# AWS Backup itself deletes.
iam_role "backup" {
  name        = "ledger-backup"
  description = "AWS Backup makes and copies recovery points with it."

  trust {
    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }

  statement {
    sid = "Look"
    actions = [
      "rds:DescribeDBInstances",
      "rds:DescribeDBSnapshots",
      "rds:ListTagsForResource",
      "tag:GetResources",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "Snapshot"
    actions = ["rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:CreateDBSnapshot", "rds:ModifyDBSnapshotAttribute"]
    resources = [
      rds_instance.main.arn,
      "arn:aws:rds:us-east-1:111111111111:snapshot:awsbackup:*",
      "arn:aws:rds:us-east-1:111111111111:og:*",
    ]
  }

  # Written out: a reference to the vaults would close a circle, as their keys name this role.
  statement {
    sid     = "Copy"
    actions = ["backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "backup:DescribeBackupVault"]
    resources = [
      "arn:aws:backup:us-east-1:111111111111:backup-vault:ledger-main",
      "arn:aws:backup:us-west-2:222222222222:backup-vault:ledger-isolated",
    ]
  }

  # The database's own key, and the vault's, as services use them.
  statement {
    sid       = "Keys"
    actions   = ["kms:CreateGrant"]
    resources = ["*"]
    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }
  }
}
