variable "name" {
  description = "Begins the names of all resources."
  type        = string
  default     = "promptz"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "The name has to be 2 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "environment" {
  description = "Which of several deployments of that name this is; the middle part of API keys."
  type        = string
  default     = "live"

  validation {
    condition     = can(regex("^[a-z0-9]{1,16}$", var.environment))
    error_message = "The environment has to be 1 to 16 lower-case letters and digits."
  }
}

variable "region" {
  description = "AWS region of everything but the edge, such as eu-central-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region has to be one of AWS's, such as eu-central-1."
  }
}

variable "domain" {
  description = "Host name under which people find it, such as prompts.example.com; null is CloudFront's own name."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "The domain has to be a host name in lower case, such as prompts.example.com."
  }
}

variable "certificate_arn" {
  description = "ARN of the domain's certificate in AWS Certificate Manager; CloudFront takes those of us-east-1 alone. Needed with a domain."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+$", var.certificate_arn))
    error_message = "The certificate has to be one of AWS Certificate Manager in us-east-1."
  }
  validation {
    condition     = (var.domain == null) == (var.certificate_arn == null)
    error_message = "The domain and its certificate have to be given together."
  }
}

variable "zone_id" {
  description = "Route 53 zone in which to make the records of the domain and of the mail identity; null leaves them to you."
  type        = string
  default     = null
}

variable "mail_sender" {
  description = "Address that mails come from, such as promptz@example.com."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s<>,;]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.mail_sender))
    error_message = "The sender has to be a bare mail address, its domain in lower case."
  }
}

variable "mail_domain" {
  description = "Verify the sender's whole domain, by DKIM, instead of the one address."
  type        = bool
  default     = false
}

variable "alarm_address" {
  description = "Mail address that alarms go to; null is nobody."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_address == null || can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_address))
    error_message = "The alarm address has to be a mail address."
  }
}

variable "admins" {
  description = "Mail addresses whose accounts are admins'."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.admins : can(regex("^[^@\\s,]+@[^@\\s,]+$", address))])
    error_message = "The admins have to be bare mail addresses."
  }
}

variable "sign_up" {
  description = "Who may make an account: open, closed, or domains of addresses separated by commas."
  type        = string
  default     = "open"

  validation {
    condition     = can(regex("^(open|closed|[a-z0-9-]+(\\.[a-z0-9-]+)+(, *[a-z0-9-]+(\\.[a-z0-9-]+)+)*)$", var.sign_up))
    error_message = "Sign-up has to be open, closed, or the domains of addresses."
  }
}

variable "package" {
  description = "Path of the zip that `make build-lambda` makes; null is where it puts it."
  type        = string
  default     = null
}
