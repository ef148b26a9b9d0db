# One binary, one zip; `handler` tells each function what it is. A function is a
# row here, its rights are a row in iam.tf.

locals {
  functions = {
    http      = { timeout = 29, says = "the API and the pages" } # the gateway waits for 30 s
    relay     = { timeout = 60, says = "numbers events, and sends them to the bus" }
    events    = { timeout = 60, says = "does what follows from events" }
    activity  = { timeout = 120, says = "the tasks of workflows" }
    sweep     = { timeout = 60, says = "each minute: what was left over, is due or has expired" }
    post-auth = { timeout = 5, says = "keeps the account of who signed in" } # Cognito waits for 5 s
  }

  # Known before the functions are: the user pool and the state machines name
  # functions that are told about the user pool and the state machines.
  function_arns = {
    for name, _ in local.functions :
    name => "${local.arn}:lambda:${var.region}:${local.account}:function:${local.prefix}-${name}"
  }

  package = coalesce(var.package, "${path.module}/../../bin/promptz-lambda.zip")
}

resource "aws_lambda_function" "function" {
  for_each = local.functions
  # Its first call may come at once.
  depends_on = [aws_iam_role_policy.function]

  function_name    = "${local.prefix}-${each.key}"
  description      = each.value.says
  role             = aws_iam_role.function[each.key].arn
  filename         = local.package
  source_code_hash = fileexists(local.package) ? filebase64sha256(local.package) : null
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  memory_size      = var.memory
  timeout          = each.value.timeout

  environment {
    variables = merge(
      local.variables,
      # The only folder that can be written to.
      { PROMPTZ_HANDLER = each.key, PROMPTZ_DATA = "/tmp/data" },
      each.key == "http" && var.edge ? { PROMPTZ_ORIGIN_SECRET = local.origin_secret } : {},
    )
  }

  logging_config {
    log_format = "Text" # the program writes JSON itself
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  tracing_config {
    mode = "Active"
  }

  lifecycle {
    precondition {
      condition     = fileexists(local.package)
      error_message = "There is no ${local.package}: run `make build-lambda` first."
    }
  }
}

resource "aws_lambda_event_source_mapping" "relay" {
  for_each   = toset(local.relayed)
  depends_on = [aws_iam_role_policy.function]

  function_name     = aws_lambda_function.function["relay"].arn
  event_source_arn  = aws_dynamodb_table.collection[each.key].stream_arn
  starting_position = "TRIM_HORIZON"
  batch_size        = 100
  # One call empties the outbox whatever woke it, and the sweep is its backstop:
  # nothing is gained by trying an old batch for a day.
  maximum_retry_attempts        = 3
  maximum_record_age_in_seconds = 300
  function_response_types       = ["ReportBatchItemFailures"]

  filter_criteria {
    filter {
      pattern = jsonencode({
        eventName = ["INSERT"]
        dynamodb  = { Keys = { (local.declared.tables[each.key].key) = { S = [{ prefix = local.declared.outbox }] } } }
      })
    }
  }
}

resource "aws_lambda_event_source_mapping" "events" {
  depends_on = [aws_iam_role_policy.function]

  function_name    = aws_lambda_function.function["events"].arn
  event_source_arn = aws_sqs_queue.events.arn
  batch_size       = 100
  # Events of one item in a batch are counted by one write.
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 10
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function["http"].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*"
}

resource "aws_lambda_permission" "sign_in" {
  count = var.sign_in == "cognito" ? 1 : 0

  statement_id  = "sign-in"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function["post-auth"].function_name
  principal     = "cognito-idp.amazonaws.com"
  source_arn    = aws_cognito_user_pool.users[0].arn
}
