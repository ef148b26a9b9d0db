# Log groups are made here and not by who writes first, so that they end.

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${local.prefix}-${each.key}"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/apigateway/${local.prefix}"
  retention_in_days = var.log_retention_days
}

# Names that begin so need no policy of their own, see
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html.
resource "aws_cloudwatch_log_group" "states" {
  name              = "/aws/vendedlogs/states/${local.prefix}"
  retention_in_days = var.log_retention_days
}

# Codes that were wrong or too old: somebody may be guessing.
resource "aws_cloudwatch_log_metric_filter" "sign_in_failures" {
  name           = "${local.prefix}-sign-in-failures"
  log_group_name = aws_cloudwatch_log_group.function["http"].name
  pattern        = "{ $.msg = \"request\" && $.route = \"/v1/auth/*\" && $.status = 401 }"

  metric_transformation {
    name      = local.metrics.sign_in_failures
    namespace = "${local.metrics_namespace}/${local.prefix}" # a filter gives no dimensions of its own
    value     = "1"
  }
}
