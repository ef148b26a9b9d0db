# What a person may mistype is refused before anything is made.

mock_provider "aws" {
  alias = "mail"
}

mock_provider "aws" {}

variables {
  region      = "eu-central-1"
  mail_sender = "promptz@example.com"
  package     = "versions.tf"
}

run "name" {
  command = plan

  variables {
    name = "Promptz_1"
  }

  expect_failures = [var.name]
}

run "environment" {
  command = plan

  variables {
    environment = "my-env"
  }

  expect_failures = [var.environment]
}

run "region" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "domain" {
  command = plan

  variables {
    domain          = "https://prompts.example.com"
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/x"
  }

  expect_failures = [var.domain]
}

run "domain_without_certificate" {
  command = plan

  variables {
    domain = "prompts.example.com"
  }

  expect_failures = [var.certificate_arn]
}

run "certificate_elsewhere" {
  command = plan

  variables {
    domain          = "prompts.example.com"
    certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/x"
  }

  expect_failures = [var.certificate_arn]
}

run "mail_sender" {
  command = plan

  variables {
    mail_sender = "Promptz <promptz@example.com>"
  }

  expect_failures = [var.mail_sender]
}

run "alarm_address" {
  command = plan

  variables {
    alarm_address = "ops"
  }

  expect_failures = [var.alarm_address]
}

run "sign_in" {
  command = plan

  variables {
    sign_in = "oidc"
  }

  expect_failures = [var.sign_in]
}

run "log_retention_days" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "log_level" {
  command = plan

  variables {
    log_level = "trace"
  }

  expect_failures = [var.log_level]
}

run "memory" {
  command = plan

  variables {
    memory = 64
  }

  expect_failures = [var.memory]
}

run "request_rate" {
  command = plan

  variables {
    request_rate = { steady = 0, burst = 1 }
  }

  expect_failures = [var.request_rate]
}

run "public_url" {
  command = plan

  variables {
    public_url = "https://example.com/path"
  }

  expect_failures = [var.public_url]
}

run "emulator" {
  command = plan

  variables {
    emulator = { endpoint = "127.0.0.1:4566" }
  }

  expect_failures = [var.emulator]
}

run "no_package" {
  command = plan

  variables {
    package = "nowhere.zip"
  }

  expect_failures = [aws_lambda_function.function]
}
