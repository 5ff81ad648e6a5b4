rds_instance "main" {
  for_each = var.retention

  identifier          = "orchard-${each.key}"
  deletion_protection = true
  copy_tags           = true
  encrypted           = true

  pitr {
    retention = each.value
    window    = "04:00-05:00"
  }
}

exempt "restores-take-two-hours" {
  control  = "BKS-RDS-012"
  resource = "rds_instance.main"
  reason   = "Two hours of downtime are agreed, which a restore in another zone meets."
  owner    = "sre"
  expires  = "2030-06-30"
}

exempt "database-in-one-region" {
  control  = "BKS-RDS-020"
  resource = "rds_instance.main"
  reason   = "The policy asks for another region for objects only; revisited with the next contract."
  owner    = "sre"
  expires  = "2030-06-30"
}
