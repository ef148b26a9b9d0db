variable "endpoint" {
  description = "Where the emulator listens."
  type        = string
  default     = "http://127.0.0.1:4566"
}

variable "public_url" {
  description = "Address under which the emulator serves the API, if it is not what it says itself."
  type        = string
  default     = null
}

variable "package" {
  description = "Path of the zip that `make build-lambda` makes; null is where it puts it."
  type        = string
  default     = null
}
