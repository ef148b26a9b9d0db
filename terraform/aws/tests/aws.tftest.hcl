# Plans against a provider that only knows the schema: no account, no network.

mock_provider "aws" {
  alias = "mail"
}

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { api_endpoint = "https://abc123.execute-api.eu-central-1.amazonaws.com" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { domain_name = "d111111abcdef8.cloudfront.net" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { url = "https://sqs.eu-central-1.amazonaws.com/123456789012/promptz-live-events" }
  }
  mock_resource "aws_kms_key" {
    defaults = { key_id = "1234abcd-12ab-34cd-56ef-1234567890ab" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { stream_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2026" }
  }
}

variables {
  region        = "eu-central-1"
  mail_sender   = "promptz@example.com"
  alarm_address = "ops@example.com"
  package       = "versions.tf" # any file: nothing is uploaded
}

run "settings" {
  command = apply # mocked: values that only AWS knows are made up

  assert {
    condition     = output.publicURL == "https://d111111abcdef8.cloudfront.net"
    error_message = "publicURL is ${output.publicURL}"
  }
  assert {
    condition     = output.documents == "dynamodb://promptz-live-{collection}?region=eu-central-1"
    error_message = "documents is ${output.documents}"
  }
  assert {
    condition     = output.blobs == "s3://promptz-live-123456789012-eu-central-1?region=eu-central-1"
    error_message = "blobs is ${output.blobs}"
  }
  assert {
    condition     = output.subscription == "eventbridge://sqs.eu-central-1.amazonaws.com/123456789012/promptz-live-events?region=eu-central-1"
    error_message = "subscription is ${output.subscription}"
  }
  assert {
    condition     = output.workflows == "stepfunctions://?account=123456789012&prefix=promptz-live-&region=eu-central-1"
    error_message = "workflows is ${output.workflows}"
  }
  assert {
    condition     = output.secrets == "awskms://1234abcd-12ab-34cd-56ef-1234567890ab?region=eu-central-1"
    error_message = "secrets is ${output.secrets}"
  }
  assert {
    condition     = output.hosts == ["abc123.execute-api.eu-central-1.amazonaws.com"]
    error_message = "hosts is ${join(",", output.hosts)}"
  }
  assert {
    condition     = startswith(output.signIn, "cognito://eu-central-1/")
    error_message = "signIn is ${output.signIn}"
  }
}

run "functions" {
  command = apply

  assert {
    condition     = toset(keys(aws_lambda_function.function)) == toset(["http", "relay", "events", "activity", "sweep", "post-auth"])
    error_message = "not every handler has its function"
  }
  assert {
    condition     = alltrue([for name, f in aws_lambda_function.function : f.environment[0].variables["PROMPTZ_HANDLER"] == name])
    error_message = "a function is told to be another"
  }
  assert {
    condition     = alltrue([for f in aws_lambda_function.function : f.environment[0].variables["PROMPTZ_PUBLIC_URL"] == output.publicURL])
    error_message = "a function has another public URL"
  }
  assert {
    condition     = [for name, f in aws_lambda_function.function : name if contains(keys(f.environment[0].variables), "PROMPTZ_ORIGIN_SECRET")] == ["http"]
    error_message = "the origin secret is the http function's alone"
  }
  assert {
    condition     = alltrue([for f in aws_lambda_function.function : f.architectures == tolist(["arm64"]) && f.runtime == "provided.al2023"])
    error_message = "the zip is for arm64 on provided.al2023"
  }
  assert {
    condition     = length(distinct([for f in aws_lambda_function.function : f.role])) == 6
    error_message = "two functions share a role"
  }
}

run "production" {
  command = plan

  assert {
    condition     = { for name, t in aws_dynamodb_table.collection : name => t.deletion_protection_enabled } == { library = true, identity = true, ephemeral = false }
    error_message = "what can't be made again can be deleted, or what should go can't"
  }
  assert {
    condition     = { for name, t in aws_dynamodb_table.collection : name => length(t.point_in_time_recovery) > 0 } == { library = true, identity = true, ephemeral = false }
    error_message = "point-in-time recovery is for library and identity alone"
  }
  assert {
    condition     = { for name, t in aws_dynamodb_table.collection : name => t.stream_enabled } == { library = true, identity = true, ephemeral = false }
    error_message = "streams are of what has an outbox"
  }
  assert {
    condition     = !aws_s3_bucket.files.force_destroy && aws_cognito_user_pool.users[0].deletion_protection == "ACTIVE"
    error_message = "files or users can be destroyed at once"
  }
  assert {
    condition     = length(aws_sns_topic_subscription.alarms) == 1 && length(aws_cloudwatch_metric_alarm.alarm) > 20
    error_message = "nobody is told"
  }
}

run "to_be_thrown_away" {
  command = plan

  variables {
    protect       = false
    edge          = false
    watch         = false
    sign_in       = "local"
    alarm_address = null
  }

  assert {
    condition     = !anytrue([for t in aws_dynamodb_table.collection : t.deletion_protection_enabled])
    error_message = "a table would stay"
  }
  assert {
    condition     = aws_s3_bucket.files.force_destroy
    error_message = "the bucket would stay"
  }
  assert {
    condition     = length(aws_cloudfront_distribution.edge) + length(aws_cognito_user_pool.users) + length(aws_cloudwatch_metric_alarm.alarm) + length(aws_cloudwatch_dashboard.site) == 0
    error_message = "what was switched off is there"
  }
}

run "own_domain" {
  command = plan

  variables {
    domain          = "prompts.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/x"
    zone_id         = "Z0"
  }

  assert {
    condition     = output.publicURL == "https://prompts.example.com"
    error_message = "publicURL is ${output.publicURL}"
  }
  assert {
    condition     = aws_cloudfront_distribution.edge[0].aliases == toset(["prompts.example.com"])
    error_message = "the edge does not know its name"
  }
  assert {
    condition     = toset(keys(aws_route53_record.site)) == toset(["A", "AAAA"])
    error_message = "records are missing"
  }
}

# Without a zone: a mocked identity has no tokens to make records of.
run "own_mail_domain" {
  command = plan

  variables {
    mail_domain = true
  }

  assert {
    condition     = aws_sesv2_email_identity.sender.email_identity == "example.com"
    error_message = "the identity is ${aws_sesv2_email_identity.sender.email_identity}"
  }
}
