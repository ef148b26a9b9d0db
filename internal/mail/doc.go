// Package mail makes letters of the domain into mails and lets them go: into a
// folder, by SMTP, or through whatever [RawSender] it is given.
//
// It leans on go-mail for the format (RFC 5322, MIME) and for SMTP. What letters
// say stands in templates, which a deployment may replace by those of a folder;
// [View] is what they can use.
package mail
