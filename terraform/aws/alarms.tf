# What somebody should look at. Each alarm is a row, and docs/aws.md says what to
# do about it.

resource "aws_sns_topic" "alarms" {
  count = var.watch ? 1 : 0

  # Not encrypted: CloudWatch can't send to one under AWS's own key, and an alarm
  # says nothing that is secret.
  name = "${local.prefix}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.watch && var.alarm_address != null ? 1 : 0

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_address
}

resource "aws_sns_topic_policy" "alarms" {
  count = var.watch ? 1 : 0

  arn = aws_sns_topic.alarms[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FromAlarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms[0].arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

locals {
  # namespace, metric, its dimensions; over and statistic for minutes; all within
  # as many periods of 60 s.
  alarms = merge(
    {
      api-errors   = { says = "The API answers 5xx.", namespace = "AWS/ApiGateway", metric = "5xx", on = { ApiId = aws_apigatewayv2_api.api.id }, statistic = "Sum", over = 5, minutes = 5 }
      api-latency  = { says = "One answer of a hundred takes more than 3 s.", namespace = "AWS/ApiGateway", metric = "Latency", on = { ApiId = aws_apigatewayv2_api.api.id }, statistic = "p99", over = 3000, minutes = 10 }
      dead-letters = { says = "Events were put aside.", namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", on = { QueueName = aws_sqs_queue.dead.name }, statistic = "Maximum", over = 0, minutes = 1 }
      queue-age    = { says = "Events wait for more than five minutes.", namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", on = { QueueName = aws_sqs_queue.events.name }, statistic = "Maximum", over = 300, minutes = 5 }
      outbox-age   = { says = "Changes wait for their numbers: the relay and the sweep don't get through.", namespace = local.metrics_namespace, metric = local.metrics.outbox_age, on = local.metrics_of, statistic = "Maximum", over = 120, minutes = 3 }
      put-aside    = { says = "A consumer gave up on events.", namespace = local.metrics_namespace, metric = local.metrics.dead_letters, on = local.metrics_of, statistic = "Maximum", over = 0, minutes = 1 }
      follower-lag = { says = "A follower of events is far behind.", namespace = local.metrics_namespace, metric = local.metrics.follower_lag, on = local.metrics_of, statistic = "Maximum", over = 1000, minutes = 10 }
      sign-in      = { says = "Many sign-ins fail: somebody may be guessing.", namespace = "${local.metrics_namespace}/${local.prefix}", metric = local.metrics.sign_in_failures, on = {}, statistic = "Sum", over = 50, minutes = 5 }
      bounces      = { says = "Mails come back: above 5 % SES warns, above 10 % it stops.", namespace = "AWS/SES", metric = "Reputation.BounceRate", on = {}, statistic = "Average", over = 0.05, minutes = 60 }
    },
    {
      for name, _ in local.functions :
      "${name}-errors" => { says = "The ${name} function fails.", namespace = "AWS/Lambda", metric = "Errors", on = { FunctionName = aws_lambda_function.function[name].function_name }, statistic = "Sum", over = 3, minutes = 5 }
    },
    {
      for name, _ in local.functions :
      "${name}-throttles" => { says = "The ${name} function is throttled: the account's concurrency is used up.", namespace = "AWS/Lambda", metric = "Throttles", on = { FunctionName = aws_lambda_function.function[name].function_name }, statistic = "Sum", over = 10, minutes = 5 }
    },
    {
      for name in local.declared.machines :
      "${name}-failures" => { says = "Executions of ${name} fail.", namespace = "AWS/States", metric = "ExecutionsFailed", on = { StateMachineArn = aws_sfn_state_machine.machine[name].arn }, statistic = "Sum", over = 0, minutes = 5 }
    },
    {
      for name in local.declared.machines :
      "${name}-timeouts" => { says = "Executions of ${name} take more than a day.", namespace = "AWS/States", metric = "ExecutionsTimedOut", on = { StateMachineArn = aws_sfn_state_machine.machine[name].arn }, statistic = "Sum", over = 0, minutes = 5 }
    },
    {
      for name, table in aws_dynamodb_table.collection :
      "${name}-read-throttles" => { says = "Reads of ${name} are throttled: a partition is hot.", namespace = "AWS/DynamoDB", metric = "ReadThrottleEvents", on = { TableName = table.name }, statistic = "Sum", over = 10, minutes = 5 }
    },
    {
      for name, table in aws_dynamodb_table.collection :
      "${name}-write-throttles" => { says = "Writes of ${name} are throttled: a partition is hot.", namespace = "AWS/DynamoDB", metric = "WriteThrottleEvents", on = { TableName = table.name }, statistic = "Sum", over = 10, minutes = 5 }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "alarm" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.watch }

  alarm_name        = "${local.prefix}-${each.key}"
  alarm_description = each.value.says
  namespace         = each.value.namespace
  metric_name       = each.value.metric
  dimensions        = each.value.on

  # A percentile is a statistic of the extended kind.
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.over
  period              = 60
  evaluation_periods  = each.value.minutes
  datapoints_to_alarm = each.value.minutes == 1 ? 1 : ceil(each.value.minutes / 2)
  treat_missing_data  = "notBreaching"

  alarm_actions = [aws_sns_topic.alarms[0].arn]
  ok_actions    = [aws_sns_topic.alarms[0].arn]
}

# The relay numbers events within seconds, so that a sweep that does not run is
# seen by its own silence.
resource "aws_cloudwatch_metric_alarm" "sweep_silent" {
  count = var.watch ? 1 : 0

  alarm_name          = "${local.prefix}-sweep-silent"
  alarm_description   = "The sweep has not run for five minutes."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = aws_lambda_function.function["sweep"].function_name }
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "breaching"

  alarm_actions = [aws_sns_topic.alarms[0].arn]
  ok_actions    = [aws_sns_topic.alarms[0].arn]
}
