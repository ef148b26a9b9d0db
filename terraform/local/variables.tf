variable "endpoint" {
  description = "Where the emulator listens."
  type        = string
  default     = "http://127.0.0.1:4566"
}

variable "public_url" {
  description = "Address for links in mails, on loopback; null is the emulator's own. The first of the output hosts answers."
  type        = string
  default     = null
}

variable "package" {
  description = "Path of the zip that `make build-lambda` makes; null is where it puts it."
  type        = string
  default     = null
}
