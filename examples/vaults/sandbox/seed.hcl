# What exists before backstay comes: the database as a first deployment left it, the roles of those who look after
# keys, and those of the vault account. Its doors open to the third account alone.

kms_key "5c1de0a7-9d3f-4f0e-8c07-3b2f6a9d1e44" {}

rds_instance "ledger-main" {
  engine_version = "16.4"
  class          = "db.m7g.large"
  storage        = 100
  retention      = 1
  window         = "06:00-06:30"
  encrypted      = true
  kms_key        = "arn:aws:kms:us-east-1:111111111111:key/5c1de0a7-9d3f-4f0e-8c07-3b2f6a9d1e44"
  multi_az       = true
  tags = {
    backup = "nightly"
  }
}

iam_role "key-administrator" {}

iam_role "backstay" {
  account = "222222222222"
  trust   = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::333333333333:root\"},\"Action\":\"sts:AssumeRole\"}]}"
  policies = {
    all = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"backup:*\",\"backup-storage:*\",\"iam:*\",\"kms:*\",\"tag:*\"],\"Resource\":\"*\"}]}"
  }
}

# It looks, and can enter nothing.
iam_role "audit" {
  account = "333333333333"
  trust   = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111111111111:root\"},\"Action\":\"sts:AssumeRole\"}]}"
  policies = {
    looks = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"iam:Get*\",\"iam:List*\"],\"Resource\":\"*\"}]}"
  }
}

iam_role "guardian" {
  account = "222222222222"
  trust   = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::222222222222:root\"},\"Action\":\"sts:AssumeRole\",\"Condition\":{\"Bool\":{\"aws:MultiFactorAuthPresent\":\"true\"}}}]}"
}
