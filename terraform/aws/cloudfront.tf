# In front of the API: keeps what Cache-Control allows to be kept.

# By this secret the program knows what came through the edge, whose word for the
# visitor's address it takes. `-replace=terraform_data.origin_secret` draws another.
resource "terraform_data" "origin_secret" {
  input = uuid()

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  origin_secret = sensitive(terraform_data.origin_secret.output)
}

resource "aws_cloudfront_cache_policy" "edge" {
  count = var.edge ? 1 : 0

  name    = local.prefix
  comment = "What the program's answers vary by."
  # Nothing is kept that does not ask to be.
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    cookies_config {
      cookie_behavior = "whitelist"
      cookies {
        items = ["__Host-session"]
      }
    }
    headers_config {
      header_behavior = "whitelist"
      headers {
        items = ["Accept", "Authorization", "Origin"]
      }
    }
    query_strings_config {
      query_string_behavior = "all"
    }
  }
}

# What the program is told besides. Host is not: the gateway knows its own alone.
# CloudFront passes Content-Type and conditions on (If-Match, If-None-Match) anyway.
resource "aws_cloudfront_origin_request_policy" "edge" {
  count = var.edge ? 1 : 0

  name    = local.prefix
  comment = "What the program reads of a request."

  cookies_config {
    cookie_behavior = "whitelist"
    cookies {
      items = ["__Host-challenge", "__Host-device", "__Host-session"]
    }
  }
  headers_config {
    header_behavior = "whitelist"
    headers {
      items = [
        "Access-Control-Request-Headers",
        "Access-Control-Request-Method",
        "CloudFront-Viewer-Address",
        "Idempotency-Key",
        "Last-Event-ID",
        "MCP-Protocol-Version",
        "Mcp-Session-Id",
        "Sec-Fetch-Site",
        "User-Agent",
        "traceparent",
      ]
    }
  }
  query_strings_config {
    query_string_behavior = "all"
  }
}

resource "aws_cloudfront_distribution" "edge" {
  count = var.edge ? 1 : 0

  comment         = local.prefix
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = "PriceClass_100"
  aliases         = var.domain[*]

  origin {
    origin_id   = "api"
    domain_name = trimprefix(aws_apigatewayv2_api.api.api_endpoint, "https://")

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
    custom_header {
      name  = "X-Origin-Secret"
      value = local.origin_secret
    }
  }

  default_cache_behavior {
    target_origin_id         = "api"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods           = ["GET", "HEAD"]
    compress                 = true
    cache_policy_id          = aws_cloudfront_cache_policy.edge[0].id
    origin_request_policy_id = aws_cloudfront_origin_request_policy.edge[0].id
  }

  # A failure is over when it is over. CloudFront keeps these for 10 s otherwise.
  dynamic "custom_error_response" {
    for_each = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = var.certificate_arn
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? null : "TLSv1.2_2021"
  }
}
