# The workflows, from the files that run elsewhere too. Their Tasks name
# "activity", which is one function here.

locals {
  machines = {
    for name in local.declared.machines :
    name => file("${path.module}/../../internal/workflow/machines/${name}.asl.json")
  }
}

resource "aws_sfn_state_machine" "machine" {
  for_each = local.machines
  # It is refused while its role can't write logs.
  depends_on = [aws_iam_role_policy.states]

  name       = "${local.prefix}-${each.key}"
  type       = "STANDARD"
  role_arn   = aws_iam_role.states.arn
  definition = replace(each.value, "/\"Resource\":\\s*\"activity\"/", "\"Resource\": \"${local.function_arns["activity"]}\"")

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false # ids of people
    log_destination        = "${aws_cloudwatch_log_group.states.arn}:*"
  }
  tracing_configuration {
    enabled = true
  }
}
