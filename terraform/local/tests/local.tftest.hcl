# What main.tf asks of the module, with a provider that only knows the schema. The
# module is run by itself, as its provider is its own and can't be mocked below.

mock_provider "aws" {
  alias = "mail"
}

mock_provider "aws" {
  mock_resource "aws_dynamodb_table" {
    defaults = { stream_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { api_endpoint = "http://abc123.execute-api.localhost:4566" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { url = "http://127.0.0.1:4566/000000000000/promptz-local-events" }
  }
}

run "on_an_emulator" {
  command = apply

  module {
    source = "../aws"
  }

  variables {
    environment = "local"
    region      = "us-east-1"
    emulator    = { endpoint = "http://127.0.0.1:4566" }
    mail_sender = "promptz@example.com"
    protect     = false
    edge        = false
    watch       = false
    sign_in     = "local"
    package     = "main.tf" # any file: nothing is uploaded
  }

  assert {
    condition     = alltrue([for url in [output.documents, output.blobs, output.topic, output.subscription, output.secrets, output.workflows, output.mail] : strcontains(url, "endpoint=http%3A%2F%2F127.0.0.1%3A4566")])
    error_message = "something would be asked of AWS itself"
  }
  assert {
    condition     = output.subscription == "eventbridge://127.0.0.1:4566/000000000000/promptz-local-events?region=us-east-1&endpoint=http%3A%2F%2F127.0.0.1%3A4566"
    error_message = "subscription is ${output.subscription}"
  }
  assert {
    condition     = output.signIn == "local://"
    error_message = "signIn is ${output.signIn}"
  }
}
