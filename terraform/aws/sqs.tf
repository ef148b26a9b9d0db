# The queue between the bus and the events function, and what is put aside after
# it failed too often.

resource "aws_sqs_queue" "events" {
  name                    = "${local.prefix}-events"
  sqs_managed_sse_enabled = true
  # Six times the function's, as AWS advises: a batch may wait for a free one.
  visibility_timeout_seconds = 6 * local.functions.events.timeout
  message_retention_seconds  = 4 * 24 * 3600
  receive_wait_time_seconds  = 20

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_sqs_queue" "dead" {
  name                      = "${local.prefix}-events-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 14 * 24 * 3600
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.events.arn]
  })
}

# The bus alone may write, for our own rules.
resource "aws_sqs_queue_policy" "queue" {
  for_each = { events = aws_sqs_queue.events, dead = aws_sqs_queue.dead }

  queue_url = each.value.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FromRules"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = each.value.arn
      Condition = { ArnEquals = { "aws:SourceArn" = sort([for rule in aws_cloudwatch_event_rule.event : rule.arn]) } }
    }]
  })
}
