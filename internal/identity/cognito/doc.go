// Package cognito lets an Amazon Cognito user pool say who somebody is: sign-in
// by codes in mails (USER_AUTH with EMAIL_OTP), sign-up, its access tokens as
// bearers, and its PostAuthentication trigger.
//
// It is a driver: it speaks through AWS's SDK, whose client the composition root
// makes, and reads tokens with go-oidc. The pool's tokens stay here; sessions are
// our own.
package cognito
