// Package token makes and reads access tokens: JWTs for resource servers (RFC
// 9068), signed with EdDSA (RFC 8037). Only tokens of one deployment are read
// here; those of other issuers are their providers' matter.
//
// It leans on golang-jwt; keys come through an interface declared here.
package token
