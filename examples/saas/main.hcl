# A young SaaS: one Postgres database, a bucket of customers' uploads, nightly dumps.
# Every kind of data has a copy that the production account cannot destroy.

backstay {
  required_version = "~> 0.1"
  project          = "acme-prod"
}

# Where the product runs. Entered with whatever credentials the caller has.
account "prod" {
  id     = "111111111111"
  region = "us-east-1"
}

# Another account and another region, with administrators of its own: what a leaked credential of
# production, or the loss of its region, leaves standing.
account "vault" {
  id          = "222222222222"
  region      = "us-west-2"
  assume_role = "arn:aws:iam::222222222222:role/backstay"
}
