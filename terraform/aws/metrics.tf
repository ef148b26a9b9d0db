# Metrics of the program itself, which it writes into its log in CloudWatch's
# embedded format. A Go test holds the names to the code's.

locals {
  metrics_namespace = "Promptz"
  metrics = {
    outbox_age         = "outbox_age_seconds"
    dead_letters       = "dead_letters"
    execution_failures = "execution_failures"
    follower_lag       = "follower_lag"
    sign_in_failures   = "sign_in_failures"
  }
  # Tells this deployment's from another's in the account.
  metrics_of = { deployment = local.prefix }
}
