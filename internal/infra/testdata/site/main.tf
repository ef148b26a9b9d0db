# A deployment of resources that are built into terraform: they need no registry.

terraform {
  required_version = ">= 1.9"
}

variable "name" {
  type    = string
  default = "promptz"
}

variable "environment" {
  type    = string
  default = "test"
}

variable "log_level" {
  type    = string
  default = "info"
}

# What a resource takes to make: a command.
variable "work" {
  type    = string
  default = "true"
}

resource "terraform_data" "queue" {
  input = var.log_level
}

resource "terraform_data" "table" {
  count            = 2
  triggers_replace = var.name

  provisioner "local-exec" {
    command = var.work
  }
}
