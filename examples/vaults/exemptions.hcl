# Failures that are accepted, by whom, why, and until when.

exempt "databases-only" {
  control  = "BKS-BKP-011"
  resource = backup_plan.nightly
  reason   = "The tag is carried by databases alone; the region's other types stay switched off."
  owner    = "platform"
  expires  = "2030-06-30"
}
