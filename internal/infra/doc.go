// Package infra puts the program up on somebody's cloud: it drives terraform
// (https://developer.hashicorp.com/terraform), by hashicorp's terraform-exec, and
// says in words for people what terraform says in JSON.
//
// Terraform itself is what is installed: it is never downloaded. With the state on
// S3 a folder is worked on in a mirror of it, so that nothing is written there.
//
// It leans on no package of ours.
package infra
