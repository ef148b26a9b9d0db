// Package oidc lets any OpenID provider say who somebody is: the code flow with
// PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0).
//
// It leans on go-oidc and golang.org/x/oauth2. What the provider gives is made a
// proof and forgotten: sessions and tokens are our own.
package oidc
