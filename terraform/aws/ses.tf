# Who mails come from. SES sends a mail to an address that is to be verified; a
# domain is verified by its records. A new account mails to verified addresses
# alone until AWS is asked, see docs/aws.md.

resource "aws_sesv2_email_identity" "sender" {
  provider = aws.mail

  email_identity = var.mail_domain ? split("@", var.mail_sender)[1] : var.mail_sender

  dynamic "dkim_signing_attributes" {
    for_each = var.mail_domain ? ["RSA_2048_BIT"] : []
    content {
      next_signing_key_length = dkim_signing_attributes.value
    }
  }
}
