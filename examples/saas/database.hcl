# The source of truth. It exists already and belongs to the application: how it is protected is
# declared here, whether it exists is not.
rds_instance "app" {
  identifier          = "acme-app"
  deletion_protection = true
  copy_tags           = true
  encrypted           = true
  multi_az            = true

  # Any second of the reach; five minutes are lost at most.
  pitr {
    retention = var.reach
    window    = "03:00-04:00"
  }

  # The same points in time, in a region that does not burn together with us-east-1.
  replicate {
    region    = "us-west-2"
    retention = var.reach
    kms_key   = var.vault_region_key
  }
}
