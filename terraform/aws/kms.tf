# The key that seals the deployment's own root key. Its policy is AWS's default:
# the account decides, by the roles in iam.tf.

resource "aws_kms_key" "keeper" {
  description             = "${local.prefix}: seals the root key of secrets"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_kms_alias" "keeper" {
  name          = "alias/${local.prefix}"
  target_key_id = aws_kms_key.keeper.key_id
}
