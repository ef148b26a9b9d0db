output "publicURL" {
  value = "https://${var.name}.example.com"
}

output "secrets" {
  value     = "base64key://c2VjcmV0"
  sensitive = true
}

output "environment" {
  value = var.environment
}

output "logLevel" {
  value = terraform_data.queue.output
}

output "hosts" {
  value = ["a.example.com", "b.example.com"]
}

output "admins" {
  value = []
}

output "mailFrom" {
  value = null
}
