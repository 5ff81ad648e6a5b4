# What is promised, and what has to be survived for it. `backstay prove` answers whether it holds, from
# what is live. Nobody has rehearsed a restore yet, so at best it is unproven.
objective "core" {
  preset   = "b2b_saas"
  protects = [rds_instance.app, s3_bucket.uploads]
  rpo      = "15m"

  copies {
    total    = 2
    regions  = 2
    accounts = 1
  }

  # What customers are told is never tighter than what is built for.
  publish {
    rpo = "1h"
    rto = "8h"
  }
}
