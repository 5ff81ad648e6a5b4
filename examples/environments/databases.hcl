rds_instance "main" {
  for_each = var.environments

  identifier          = "orchard-${each.key}"
  deletion_protection = each.value.critical
  copy_tags           = true
  encrypted           = true

  pitr {
    retention = each.value.retention
    window    = "04:00-05:00"
  }
}

exempt "restores-take-two-hours" {
  control  = "BKS-RDS-012"
  resource = rds_instance.main
  reason   = "Two hours of downtime are agreed, which a restore in another zone meets."
  owner    = "sre"
  expires  = "2027-12-31"
}

exempt "database-in-one-region" {
  control  = "BKS-RDS-020"
  resource = rds_instance.main
  reason   = "The policy asks for another region for objects only; revisited with the next contract."
  owner    = "sre"
  expires  = "2027-12-31"
}

exempt "test-databases-can-be-deleted" {
  for_each = toset([for name, environment in var.environments : name if !environment.critical])

  control  = "BKS-RDS-010"
  resource = rds_instance.main[each.key]
  reason   = "Environments for testing come and go."
  owner    = "sre"
  expires  = "2027-12-31"
}
