# What has to be true on the worst day. `backstay prove` answers whether it is, from what is live.

objective "last_line" {
  protects = [rds_instance.main]

  # A night's copy, a job that begins and ends late, and the copying.
  rpo = "36h"
  # Two weeks of any second, and copies for three months.
  reach = "7d"

  survives = [
    "accidental_deletion",
    "corruption",
    "zone_outage",
    "region_outage",
    "store_deletion",
    "credential_compromise",
    "ransomware",
  ]

  copies {
    total    = 3
    regions  = 2
    accounts = 2
  }
}
