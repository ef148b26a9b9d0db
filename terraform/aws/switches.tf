variable "protect" {
  description = "Keep what can't be made again: point-in-time recovery and deletion protection of tables and users, no removal of files with their bucket."
  type        = bool
  default     = true
}

variable "edge" {
  description = "Put CloudFront in front. Without it the API's own address is the public one."
  type        = bool
  default     = true
}

variable "sign_in" {
  description = "What proves who somebody is: cognito, or local for codes that the program mails itself."
  type        = string
  default     = "cognito"

  validation {
    condition     = contains(["cognito", "local"], var.sign_in)
    error_message = "The sign-in has to be cognito or local."
  }
}

variable "watch" {
  description = "Make the dashboard and the alarms."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days after which logs are deleted, one of those that CloudWatch Logs knows."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "CloudWatch Logs keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

variable "log_level" {
  description = "What the program logs: debug, info, warn or error."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "The log level has to be debug, info, warn or error."
  }
}

variable "memory" {
  description = "Memory of each function, in MB; the processor grows with it."
  type        = number
  default     = 1024

  validation {
    condition     = var.memory >= 128 && var.memory <= 10240 && floor(var.memory) == var.memory
    error_message = "Lambda gives 128 to 10240 MB."
  }
}

variable "request_rate" {
  description = "Requests a second that the API lets through, and how many at once: a ceiling for the bill."
  type        = object({ steady = number, burst = number })
  default     = { steady = 500, burst = 1000 }

  validation {
    condition     = var.request_rate.steady > 0 && var.request_rate.burst > 0
    error_message = "The rates have to be above 0."
  }
}

variable "public_url" {
  description = "Address under which the world sees it, if it is neither the domain nor CloudFront's or the API's own."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null || can(regex("^https?://[^/?#@]+$", var.public_url))
    error_message = "The public URL has to be scheme, host and perhaps a port."
  }
}

variable "emulator" {
  description = "Where a stand-in for AWS listens, see terraform/local; null is AWS itself."
  type        = object({ endpoint = string })
  default     = null

  validation {
    condition     = var.emulator == null || can(regex("^http://[^/?#@]+$", var.emulator.endpoint))
    error_message = "The emulator's endpoint has to be such as http://127.0.0.1:4566."
  }
}
