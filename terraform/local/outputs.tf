# Each output is a key of the program's configuration, so that `terraform output`
# is a configuration file.

output "publicURL" {
  description = "Address under which the world sees it."
  value       = module.promptz.publicURL
}

output "documents" {
  description = "Where documents are kept."
  value       = module.promptz.documents
}

output "blobs" {
  description = "Where files are kept."
  value       = module.promptz.blobs
}

output "topic" {
  description = "Where events are sent to."
  value       = module.promptz.topic
}

output "subscription" {
  description = "Where they come back from."
  value       = module.promptz.subscription
}

output "secrets" {
  description = "What keeps secret keys."
  value       = module.promptz.secrets
}

output "workflows" {
  description = "What runs workflows."
  value       = module.promptz.workflows
}

output "signIn" {
  description = "Who proves who somebody is."
  value       = module.promptz.signIn
}

output "signUp" {
  description = "Who may make an account."
  value       = module.promptz.signUp
}

output "admins" {
  description = "Addresses whose accounts are admins'."
  value       = module.promptz.admins
}

output "mail" {
  description = "How mail leaves."
  value       = module.promptz.mail
}

output "mailFrom" {
  description = "The sender of mails."
  value       = module.promptz.mailFrom
}

output "environment" {
  description = "The middle part of API keys."
  value       = module.promptz.environment
}

output "hosts" {
  description = "Further names it answers to."
  value       = module.promptz.hosts
}

output "logFormat" {
  description = "How logs are written."
  value       = module.promptz.logFormat
}

output "logLevel" {
  description = "What is logged."
  value       = module.promptz.logLevel
}
