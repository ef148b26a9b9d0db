# Each output is a key of the program's configuration, so that `terraform output`
# is a configuration file.

output "publicURL" {
  description = "Address under which the world sees it."
  value       = local.settings.publicURL
}

output "documents" {
  description = "Where documents are kept."
  value       = local.settings.documents
}

output "blobs" {
  description = "Where files are kept."
  value       = local.settings.blobs
}

output "topic" {
  description = "Where events are sent to."
  value       = local.settings.topic
}

output "subscription" {
  description = "Where they come back from."
  value       = local.settings.subscription
}

output "secrets" {
  description = "What keeps secret keys."
  value       = local.settings.secrets
}

output "workflows" {
  description = "What runs workflows."
  value       = local.settings.workflows
}

output "signIn" {
  description = "Who proves who somebody is."
  value       = local.settings.signIn
}

output "signUp" {
  description = "Who may make an account."
  value       = local.settings.signUp
}

output "admins" {
  description = "Addresses whose accounts are admins'."
  value       = local.settings.admins
}

output "mail" {
  description = "How mail leaves."
  value       = local.settings.mail
}

output "mailFrom" {
  description = "The sender of mails."
  value       = local.settings.mailFrom
}

output "environment" {
  description = "The middle part of API keys."
  value       = local.settings.environment
}

output "hosts" {
  description = "Further names it answers to."
  value       = local.settings.hosts
}

output "logFormat" {
  description = "How logs are written."
  value       = local.settings.logFormat
}

output "logLevel" {
  description = "What is logged."
  value       = local.settings.logLevel
}
