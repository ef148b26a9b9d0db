# Events out: the relay sends them to the bus, whose rules lay them into the queue
# of the events function. A rule never starts a workflow: it delivers at least
# once, and can't name an execution.

locals {
  event_source = "promptz"
}

resource "aws_cloudwatch_event_bus" "events" {
  name        = local.prefix
  description = "What happened in ${local.prefix}."
}

# As long as the log itself: an event can be replayed from here too.
resource "aws_cloudwatch_event_archive" "events" {
  name             = local.prefix
  description      = "All events of ${local.prefix}."
  event_source_arn = aws_cloudwatch_event_bus.events.arn
  retention_days   = 30

  event_pattern = jsonencode({
    source = [local.event_source]
  })
}

resource "aws_cloudwatch_event_rule" "event" {
  for_each = toset(local.declared.events)

  name           = "${local.prefix}-${replace(trimprefix(each.key, "promptz."), ".", "-")}"
  description    = "${each.key} to the events function."
  event_bus_name = aws_cloudwatch_event_bus.events.name

  event_pattern = jsonencode({
    source      = [local.event_source]
    detail-type = [each.key]
  })
}

resource "aws_cloudwatch_event_target" "event" {
  for_each = aws_cloudwatch_event_rule.event

  rule           = each.value.name
  event_bus_name = aws_cloudwatch_event_bus.events.name
  target_id      = "events"
  arn            = aws_sqs_queue.events.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }
}
