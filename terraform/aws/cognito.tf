# Sign-in by codes in mails. The pool's tokens stay in the program, whose sessions
# are its own.

resource "aws_cognito_user_pool" "users" {
  count = var.sign_in == "cognito" ? 1 : 0

  name                     = local.prefix
  user_pool_tier           = "ESSENTIALS" # the least that has codes in mails
  deletion_protection      = var.protect ? "ACTIVE" : "INACTIVE"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OFF" # a pool that wants it has no sign-in by codes

  username_configuration {
    case_sensitive = false
  }

  # Cognito wants PASSWORD to be there. Nobody has one: the client signs up without.
  sign_in_policy {
    allowed_first_auth_factors = ["PASSWORD", "EMAIL_OTP"]
  }

  # Codes for sign-in leave by SES alone.
  email_configuration {
    email_sending_account = "DEVELOPER"
    from_email_address    = var.mail_sender
    source_arn            = aws_sesv2_email_identity.sender.arn
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
    email_subject        = "Your code for Promptz"
    email_message        = "Your code is {####}. Type it where you asked for it; it is good once. If you did not ask for it, there is nothing to do."
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  lambda_config {
    post_authentication = local.function_arns["post-auth"]
  }
}

resource "aws_cognito_user_pool_client" "site" {
  count = var.sign_in == "cognito" ? 1 : 0

  name         = local.prefix
  user_pool_id = aws_cognito_user_pool.users[0].id

  generate_secret         = false
  explicit_auth_flows     = ["ALLOW_USER_AUTH"]
  enable_token_revocation = true
  # The program tells a user whom the pool does not know by its error, and never
  # passes that on.
  prevent_user_existence_errors = "LEGACY"

  read_attributes  = ["email", "email_verified"]
  write_attributes = ["email"]

  auth_session_validity  = 10 # minutes in which a code is good
  access_token_validity  = 60
  id_token_validity      = 60
  refresh_token_validity = 60
  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "minutes"
  }
}
