# One page: what people feel on top, what is behind it below.

locals {
  # Each graph is a row: its title, and its metrics as [namespace, metric,
  # dimension, value, …, {settings}].
  graphs = [
    { title = "Requests", metrics = [
      ["AWS/ApiGateway", "Count", "ApiId", aws_apigatewayv2_api.api.id, { stat = "Sum" }],
      ["AWS/ApiGateway", "4xx", "ApiId", aws_apigatewayv2_api.api.id, { stat = "Sum" }],
      ["AWS/ApiGateway", "5xx", "ApiId", aws_apigatewayv2_api.api.id, { stat = "Sum" }],
    ] },
    { title = "Latency, ms", metrics = [
      for stat in ["p50", "p95", "p99"] :
      ["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.api.id, { stat = stat, label = stat }]
    ] },
    { title = "Outbox, s, and followers' lag, events", metrics = [
      [local.metrics_namespace, local.metrics.outbox_age, "deployment", local.prefix, { stat = "Maximum" }],
      [local.metrics_namespace, local.metrics.follower_lag, "deployment", local.prefix, { stat = "Maximum" }],
    ] },
    { title = "Put aside and failed", metrics = [
      ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead.name, { stat = "Maximum" }],
      [local.metrics_namespace, local.metrics.dead_letters, "deployment", local.prefix, { stat = "Maximum" }],
      [local.metrics_namespace, local.metrics.execution_failures, "deployment", local.prefix, { stat = "Sum" }],
      ["${local.metrics_namespace}/${local.prefix}", local.metrics.sign_in_failures, { stat = "Sum" }],
    ] },
    { title = "Functions: duration, p99, ms", metrics = [
      for name in keys(local.functions) :
      ["AWS/Lambda", "Duration", "FunctionName", "${local.prefix}-${name}", { stat = "p99", label = name }]
    ] },
    { title = "Functions: errors and throttles", metrics = concat(
      [for name in keys(local.functions) : ["AWS/Lambda", "Errors", "FunctionName", "${local.prefix}-${name}", { stat = "Sum", label = name }]],
      [for name in keys(local.functions) : ["AWS/Lambda", "Throttles", "FunctionName", "${local.prefix}-${name}", { stat = "Sum", label = "${name}, throttled" }]],
    ) },
    { title = "Tables: capacity used", metrics = concat(
      [for name in keys(local.declared.tables) : ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "${local.prefix}-${name}", { stat = "Sum", label = "${name}, read" }]],
      [for name in keys(local.declared.tables) : ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "${local.prefix}-${name}", { stat = "Sum", label = "${name}, written" }]],
    ) },
    { title = "Workflows", metrics = concat(
      [for name in local.declared.machines : ["AWS/States", "ExecutionsStarted", "StateMachineArn", aws_sfn_state_machine.machine[name].arn, { stat = "Sum", label = "${name}, started" }]],
      [for name in local.declared.machines : ["AWS/States", "ExecutionsFailed", "StateMachineArn", aws_sfn_state_machine.machine[name].arn, { stat = "Sum", label = "${name}, failed" }]],
    ) },
  ]
}

resource "aws_cloudwatch_dashboard" "site" {
  count = var.watch ? 1 : 0

  dashboard_name = local.prefix
  dashboard_body = jsonencode({
    widgets = [for i, graph in local.graphs : {
      type   = "metric"
      x      = i % 2 * 12
      y      = floor(i / 2) * 6
      width  = 12
      height = 6
      properties = {
        title   = graph.title
        region  = var.region
        view    = "timeSeries"
        period  = 60
        metrics = graph.metrics
      }
    }]
  })
}
