// Package mail makes letters of the domain into mails and sends them: to a folder
// or by SMTP, or through whatever [RawSender] it is given.
//
// It leans on go-mail for the format and for SMTP. A deployment may replace the
// templates by those of a folder.
package mail
