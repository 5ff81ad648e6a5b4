# What is not done, on purpose: who says so, why, and until when.

exempt "one-region" {
  control  = "BKS-RDS-020"
  resource = rds_instance.main
  reason   = "Objectives are 24h of loss and 4h of downtime; a lost region is waited out."
  owner    = "backend-lead"
  expires  = "2030-06-30"
}

exempt "one-zone" {
  control  = "BKS-RDS-012"
  resource = rds_instance.main
  reason   = "99.5% a month leaves room for a restore after the loss of a zone."
  owner    = "backend-lead"
  expires  = "2030-06-30"
}
