# A shop that runs on Terraform: three environments, a bucket of uploads, and the state that
# describes all of it. Terraform makes these things; how they are protected is said here.

backstay {
  required_version = "~> 0.1"
  project          = "orchard"
}

account "main" {
  id     = "111111111111"
  region = "us-east-1"
}
