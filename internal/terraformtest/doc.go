// Package terraformtest reads the Terraform configuration as data, for tests that
// hold it to the code: tables to what package store declares, environment
// variables and outputs to the configuration's keys, rights to the calls that
// need them.
//
// It leans on HashiCorp's own reader of the language. Of Terraform's functions it
// has those that the configuration uses; what only AWS knows is a placeholder, or
// what the test says.
package terraformtest
