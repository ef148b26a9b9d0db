// Package token makes and reads access tokens: JWTs for resource servers (RFC
// 9068), signed with EdDSA. It also reads those of other issuers, see [Remote].
//
// It leans on golang-jwt; keys come through an interface declared here.
package token
