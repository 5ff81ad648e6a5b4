# The database as the console's defaults made it.

kms_key "7be0f1d2-3a51-49f0-9c2e-5d1b8c3f2a90" {}

rds_instance "tower-main" {
  engine_version = "15.7"
  class          = "db.t4g.small"
  retention      = 1
  encrypted      = true
  kms_key        = "arn:aws:kms:us-east-1:111111111111:key/7be0f1d2-3a51-49f0-9c2e-5d1b8c3f2a90"
}

iam_role "on-call" {}
