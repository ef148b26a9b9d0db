# Records, where the zone is on Route 53 too.

resource "aws_route53_record" "site" {
  for_each = var.zone_id != null && var.domain != null && var.edge ? toset(["A", "AAAA"]) : []

  zone_id = var.zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = aws_cloudfront_distribution.edge[0].domain_name
    zone_id                = aws_cloudfront_distribution.edge[0].hosted_zone_id
    evaluate_target_health = false
  }
}

# SES gives three names by which receivers find the keys that mails are signed by.
resource "aws_route53_record" "dkim" {
  count = var.zone_id != null && var.mail_domain ? 3 : 0

  zone_id = var.zone_id
  name    = "${aws_sesv2_email_identity.sender.dkim_signing_attributes[0].tokens[count.index]}._domainkey.${aws_sesv2_email_identity.sender.email_identity}"
  type    = "CNAME"
  ttl     = 1800
  records = ["${aws_sesv2_email_identity.sender.dkim_signing_attributes[0].tokens[count.index]}.dkim.amazonses.com"]
}
