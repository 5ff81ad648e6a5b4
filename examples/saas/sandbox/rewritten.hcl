# What S3 Batch Replication does on AWS for objects that are older than a rule, done by hand: the uploads are written once
# more, a day ago, and so are copied.
s3_bucket "acme-uploads" {
  objects = ["customers/17/logo.png", "customers/17/contract.pdf", "customers/42/import.csv"]
  age     = 1
}
