# What exists before backstay comes: the application's keys, database and bucket, as a first deployment left
# them more than a year ago, and the role that leads into the vault account.

kms_key "0d9a1c52-7a5c-4d6f-8a39-0a1f4a5c8e21" {}

kms_key "6f1d4c1e-0b7e-4f0c-9a55-3f6f1f0f7a11" {
  region = "us-west-2"
}

rds_instance "acme-app" {
  engine_version = "16.4"
  class          = "db.t4g.medium"
  storage        = 50
  retention      = 1
  window         = "06:00-06:30"
  encrypted      = true
  kms_key        = "arn:aws:kms:us-east-1:111111111111:key/0d9a1c52-7a5c-4d6f-8a39-0a1f4a5c8e21"
  multi_az       = true
  tags = {
    service = "app"
  }
}

s3_bucket "acme-uploads" {
  objects = ["customers/17/logo.png", "customers/17/contract.pdf", "customers/42/import.csv"]
  age     = 400
  tags = {
    service = "app"
  }
}

iam_role "backstay" {
  account = "222222222222"
  trust   = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111111111111:root\"},\"Action\":\"sts:AssumeRole\"}]}"
  policies = {
    all = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:*\",\"iam:*\"],\"Resource\":\"*\"}]}"
  }
}
