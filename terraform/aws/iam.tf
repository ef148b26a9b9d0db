# What each function may do. A function is a row of `grants`; what a right is made
# of stands below, once. docs/aws.md has the table, with the code that needs each
# action; a Go test holds the three together.

locals {
  grants = {
    http      = concat(["write_library", "write_identity", "write_ephemeral", "unseal", "seal"], local.mail_codes)
    relay     = ["write_library", "write_identity", "publish", "follow_stream"]
    events    = ["write_library", "write_identity", "write_ephemeral", "unseal", "start_workflows", "list_files", "remove_files", "take_events"]
    activity  = ["write_library", "read_identity", "write_files", "list_files", "remove_files", "send_mail"]
    sweep     = concat(["write_library", "write_identity", "write_ephemeral", "unseal", "seal", "publish", "start_workflows", "watch_workflows", "list_files", "remove_files"], local.mail_codes)
    post-auth = ["write_identity", "write_ephemeral", "unseal"]
  }

  # Codes for sign-in are ours to mail only where Cognito does not.
  mail_codes = var.sign_in == "local" ? ["send_mail"] : []

  read_actions  = ["dynamodb:BatchGetItem", "dynamodb:DescribeTable", "dynamodb:Query"]
  write_actions = concat(local.read_actions, ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"])
  tables = {
    for name, table in aws_dynamodb_table.collection :
    name => [table.arn, "${table.arn}/index/*"]
  }

  rights = {
    read_identity   = { actions = local.read_actions, on = local.tables.identity }
    write_library   = { actions = local.write_actions, on = local.tables.library }
    write_identity  = { actions = local.write_actions, on = local.tables.identity }
    write_ephemeral = { actions = local.write_actions, on = local.tables.ephemeral }
    follow_stream = {
      actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
      on      = [for name in local.relayed : "${aws_dynamodb_table.collection[name].arn}/stream/*"]
    }
    publish = { actions = ["events:DescribeEventBus", "events:PutEvents"], on = [aws_cloudwatch_event_bus.events.arn] }
    take_events = {
      actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      on      = [aws_sqs_queue.events.arn]
    }
    start_workflows = {
      actions = ["states:StartExecution"]
      on      = [for name in local.declared.machines : "${local.arn}:states:${var.region}:${local.account}:stateMachine:${local.prefix}-${name}"]
    }
    watch_workflows = {
      actions = ["states:ListExecutions"]
      on      = [for name in local.declared.machines : "${local.arn}:states:${var.region}:${local.account}:stateMachine:${local.prefix}-${name}"]
    }
    unseal = { actions = ["kms:Decrypt"], on = [aws_kms_key.keeper.arn] }
    seal   = { actions = ["kms:Encrypt"], on = [aws_kms_key.keeper.arn] }
    write_files = {
      actions = ["s3:AbortMultipartUpload", "s3:PutObject"]
      on      = ["${aws_s3_bucket.files.arn}/exports/*"]
    }
    # What is to be removed is looked for by its name without the extension, and the
    # driver asks first whether it is there.
    list_files   = { actions = ["s3:ListBucket"], on = [aws_s3_bucket.files.arn] }
    remove_files = { actions = ["s3:DeleteObject", "s3:GetObject"], on = ["${aws_s3_bucket.files.arn}/exports/*"] }
    send_mail    = { actions = ["ses:SendEmail", "ses:SendRawEmail"], on = [aws_sesv2_email_identity.sender.arn] }
    # X-Ray has no resources to name.
    trace = { actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], on = ["*"] }
  }
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name        = "${local.prefix}-${each.key}"
  description = "The ${each.key} function of ${local.prefix}."
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.functions

  name = "least"
  role = aws_iam_role.function[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
      }],
      [for right in concat(local.grants[each.key], ["trace"]) : {
        Sid      = replace(title(replace(right, "_", " ")), " ", "")
        Effect   = "Allow"
        Action   = local.rights[right].actions
        Resource = local.rights[right].on
      }],
    )
  })
}
