package api

import (
	"net/http"
	"strings"

	"promptz/internal/promptz"
)

// The codes of HTTP's own refusals; package promptz has the others.
const (
	CodeUnreadable           promptz.Code = "unreadable"
	CodeMethodNotAllowed     promptz.Code = "method_not_allowed"
	CodeNotAcceptable        promptz.Code = "not_acceptable"
	CodeUnsupported          promptz.Code = "unsupported"
	CodeMisdirected          promptz.Code = "misdirected"
	CodePreconditionRequired promptz.Code = "precondition_required"
)

// codeInfo is what there is to say of a code: to a client, and on its page.
type codeInfo struct {
	Code   promptz.Code
	Status int
	Title  string
	Cause  string
	Remedy string
}

// Path is where the code's page is, and the type of its problems.
func (c codeInfo) Path() string {
	return "/problems/" + strings.ReplaceAll(string(c.Code), "_", "-")
}

// codes are all codes, by status.
var codes = []codeInfo{
	{CodeUnreadable, http.StatusBadRequest, "The request can't be read",
		"The body is not strict JSON (syntax, a member twice, something after it, bytes that are not UTF-8, half a surrogate pair, the character U+0000, a bare null), a header is malformed, or the query has a parameter that is unknown, there twice or not of its type. A cursor that was made for other filters is unreadable too.",
		"Send what the API reference says. Take a cursor from the field next of the page before and change nothing else."},
	{promptz.CodeUnauthenticated, http.StatusUnauthorized, "Nobody is signed in",
		"The operation needs a caller, or the credential that was sent is malformed, unknown, expired or revoked.",
		"Sign in, or send a valid API key or access token as \"Authorization: Bearer …\"; send no Authorization at all where anybody may read."},
	{promptz.CodeForbidden, http.StatusForbidden, "You may not do this",
		"You may see what you asked for, but it is not yours to change; or your credential lacks the scope, or is no sign-in of the last minutes where one is needed; or a browser sent the request from a page of another origin.",
		"Use a credential with the scope that the operation names, sign in again, or ask the owner."},
	{promptz.CodeNotFound, http.StatusNotFound, "There is nothing here",
		"It never was, it is deleted, or it is not yours to see; which of them is not said.",
		"Check the address. To see your own drafts, send a credential with the scope read."},
	{CodeMethodNotAllowed, http.StatusMethodNotAllowed, "This can't be done here",
		"The address is right, but takes other methods; Allow lists them.",
		"Use one of the methods in Allow."},
	{CodeNotAcceptable, http.StatusNotAcceptable, "Not in a form that you accept",
		"Accept leaves none of the representations that there are. An agent has no Markdown of its own.",
		"Accept application/json."},
	{promptz.CodeConflict, http.StatusConflict, "This contradicts what is there",
		"The current version can't be erased, an erased one not restored, a handle is taken, or what an idempotent request once made is gone.",
		"Read what is there, and decide anew."},
	{promptz.CodeHeld, http.StatusConflict, "A moderator holds this",
		"The item was taken down and can't be published until it is released.",
		"Change what the moderator named, and ask for its release."},
	{promptz.CodeExpired, http.StatusGone, "This has expired",
		"It was good once; its time is over.",
		"Begin again from the start."},
	{promptz.CodeStale, http.StatusPreconditionFailed, "Somebody else changed it first",
		"If-Match names a state that is not the current one. ETag names the current one.",
		"Read it again, apply your change to that, and send its ETag. A weak tag (W/) never matches."},
	{promptz.CodeTooLarge, http.StatusRequestEntityTooLarge, "The body is too large",
		"An item may have 4 MiB, any other body 64 KiB.",
		"Send less."},
	{CodeUnsupported, http.StatusUnsupportedMediaType, "Not a type that is taken here",
		"Content-Type is not what the operation takes, or the body is compressed.",
		"Send application/json, for PATCH application/merge-patch+json, in UTF-8 and without Content-Encoding."},
	{CodeMisdirected, http.StatusMisdirectedRequest, "Not a name of this server",
		"Host is none of the names that this deployment answers to.",
		"Use its public address. Its operator can add names."},
	{promptz.CodeNotValid, http.StatusUnprocessableEntity, "Some of it is not valid",
		"The body can be read, but has a member that is unknown, of another type, missing, or over a limit; errors says which, by JSON pointer. The same Idempotency-Key with another body is not valid either.",
		"Correct the members that errors names."},
	{CodePreconditionRequired, http.StatusPreconditionRequired, "If-Match is missing",
		"A change has to say what it is based on, so that nobody's work is lost.",
		"Send the ETag of what you read as If-Match, or * to overwrite whatever is there."},
	{promptz.CodeRateLimited, http.StatusTooManyRequests, "Too many requests",
		"You sent more than your share.",
		"Wait for as many seconds as Retry-After says."},
	{promptz.CodeInternal, http.StatusInternalServerError, "It is our fault",
		"Something failed that should not have.",
		"Try again later. If it stays, tell the operator the request id, by which they find it in the log."},
	{promptz.CodeUnavailable, http.StatusServiceUnavailable, "Not available now",
		"A part that is needed does not answer, or the server starts or stops.",
		"Try again in a few seconds."},
}

// infoOf gives the row of code, that of [promptz.CodeInternal] for one that has
// none.
func infoOf(code promptz.Code) codeInfo {
	internal := codeInfo{}
	for _, info := range codes {
		if info.Code == code {
			return info
		}
		if info.Code == promptz.CodeInternal {
			internal = info
		}
	}
	return internal
}
