# The same resources on a stand-in for AWS at a local address, with no account.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.47, < 7"
    }
  }
}

# The provider is the module's own, as on AWS: `emulator` points it here.
module "promptz" {
  source = "../aws"

  name        = "promptz"
  environment = "local"
  region      = "us-east-1"
  emulator    = { endpoint = var.endpoint }
  public_url  = coalesce(var.public_url, var.endpoint)
  package     = var.package
  mail_sender = "promptz@example.com"
  log_level   = "debug"

  # What is put up to be tried is thrown away.
  protect            = false
  log_retention_days = 1

  # No emulator has these, or not as the provider asks for them.
  edge    = false
  watch   = false
  sign_in = "local"
}
