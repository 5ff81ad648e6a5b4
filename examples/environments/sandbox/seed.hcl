# What Terraform has made.

kms_key "3c6e0b8a-9c15-4c2b-b0d1-5a4e8f7d2c31" {}

rds_instance "orchard-prod" {
  class     = "db.m6g.large"
  retention = 7
  encrypted = true
  kms_key   = "arn:aws:kms:us-east-1:111111111111:key/3c6e0b8a-9c15-4c2b-b0d1-5a4e8f7d2c31"
  tags      = { managed_by = "terraform", environment = "prod" }
}

rds_instance "orchard-staging" {
  retention = 1
  encrypted = true
  kms_key   = "arn:aws:kms:us-east-1:111111111111:key/3c6e0b8a-9c15-4c2b-b0d1-5a4e8f7d2c31"
  tags      = { managed_by = "terraform", environment = "staging" }
}

rds_instance "orchard-dev" {
  retention = 1
  encrypted = true
  kms_key   = "arn:aws:kms:us-east-1:111111111111:key/3c6e0b8a-9c15-4c2b-b0d1-5a4e8f7d2c31"
  tags      = { managed_by = "terraform", environment = "dev" }
}

s3_bucket "orchard-uploads" {
  objects = ["avatars/1.png"]
  tags    = { managed_by = "terraform" }
}

s3_bucket "orchard-terraform-state" {
  objects = ["prod/terraform.tfstate"]
  tags    = { managed_by = "terraform" }
}
