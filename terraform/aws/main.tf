# Promptz on AWS: the same binary on Lambda, and the services that it leans on.
# Each service has its own file; docs/aws.md says how to put it up.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  # Begins every name: two deployments in one account don't meet.
  prefix    = "${var.name}-${var.environment}"
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # What the Go code declares: tables and their indexes, types of events, machines.
  # Generated; a Go test fails when it is stale.
  declared = jsondecode(file("${path.module}/declared.json"))

  # The service's own name for a region's things.
  arn = "arn:${local.partition}"
}
