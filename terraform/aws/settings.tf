# The configuration of this deployment, by the program's own keys: what the
# functions get as environment variables, and what the outputs give to
# `promptz serve` elsewhere.

locals {
  api_url  = aws_apigatewayv2_api.api.api_endpoint
  edge_url = var.edge ? "https://${coalesce(var.domain, aws_cloudfront_distribution.edge[0].domain_name)}" : local.api_url

  at       = "region=${var.region}${local.endpoint}"
  endpoint = local.emulated ? "&endpoint=${urlencode(var.emulator.endpoint)}" : ""

  sign_in = var.sign_in == "cognito" ? (
    "cognito://${var.region}/${aws_cognito_user_pool.users[0].id}?client_id=${aws_cognito_user_pool_client.site[0].id}${local.endpoint}"
  ) : "local://"

  settings = {
    publicURL    = coalesce(var.public_url, local.edge_url)
    documents    = "dynamodb://${local.prefix}-{collection}?${local.at}"
    blobs        = "s3://${aws_s3_bucket.files.bucket}?${local.at}${local.emulated ? "&use_path_style=true" : ""}"
    topic        = "eventbridge://${aws_cloudwatch_event_bus.events.name}?source=${local.event_source}&${local.at}"
    subscription = "eventbridge://${trimprefix(trimprefix(aws_sqs_queue.events.url, "https://"), "http://")}?${local.at}"
    secrets      = "awskms://${aws_kms_key.keeper.key_id}?${local.at}"
    workflows    = "stepfunctions://?account=${local.account}&prefix=${local.prefix}-&${local.at}"
    signIn       = local.sign_in
    signUp       = var.sign_up
    admins       = var.admins
    mail         = "ses://${var.region}${local.emulated ? "?endpoint=${urlencode(var.emulator.endpoint)}" : ""}"
    mailFrom     = var.mail_sender
    environment  = var.environment
    hosts        = [trimprefix(trimprefix(local.api_url, "https://"), "http://")]
    logFormat    = "json"
    logLevel     = var.log_level
  }

  # publicURL is PROMPTZ_PUBLIC_URL, and lists are separated by commas, as
  # internal/config has it. An empty variable is one that is not set.
  variables = {
    for key, value in local.settings :
    "PROMPTZ_${upper(replace(key, "/([a-z])([A-Z])/", "$${1}_$${2}"))}" => try(join(",", value), value)
  }
}
