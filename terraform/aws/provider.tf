locals {
  emulated = var.emulator != null

  tags = {
    application = "promptz"
    deployment  = local.prefix
    environment = var.environment
    managed-by  = "terraform"
  }
}

# An emulator takes any credentials, serves every API on one address, and answers
# to no name of a bucket or an account in front of its own: hence the proxy.
provider "aws" {
  region                      = var.region
  access_key                  = local.emulated ? "test" : null
  secret_key                  = local.emulated ? "test" : null
  skip_credentials_validation = local.emulated
  skip_metadata_api_check     = local.emulated
  # Who knows it lists the tags of buckets by S3 Control, which few emulators have.
  skip_requesting_account_id = local.emulated
  s3_use_path_style          = local.emulated
  http_proxy                 = one(var.emulator[*].endpoint)
  https_proxy                = one(var.emulator[*].endpoint)

  dynamic "endpoints" {
    for_each = var.emulator[*].endpoint
    content {
      apigatewayv2   = endpoints.value
      cloudfront     = endpoints.value
      cloudwatch     = endpoints.value
      cloudwatchlogs = endpoints.value
      cognitoidp     = endpoints.value
      dynamodb       = endpoints.value
      eventbridge    = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      lambda         = endpoints.value
      route53        = endpoints.value
      s3             = endpoints.value
      s3control      = endpoints.value
      scheduler      = endpoints.value
      sfn            = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      sts            = endpoints.value
    }
  }

  default_tags {
    tags = local.tags
  }
}

# Mail identities are named by the account that they are in, which the provider
# above does not ask an emulator for.
provider "aws" {
  alias = "mail"

  region                      = var.region
  access_key                  = local.emulated ? "test" : null
  secret_key                  = local.emulated ? "test" : null
  skip_credentials_validation = local.emulated
  skip_metadata_api_check     = local.emulated
  http_proxy                  = one(var.emulator[*].endpoint)
  https_proxy                 = one(var.emulator[*].endpoint)

  dynamic "endpoints" {
    for_each = var.emulator[*].endpoint
    content {
      iam   = endpoints.value
      sesv2 = endpoints.value
      sts   = endpoints.value
    }
  }

  default_tags {
    tags = local.tags
  }
}
