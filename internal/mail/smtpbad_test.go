package mail_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"promptz/internal/promptz"
)

// badServer plays a script: it answers commands by their first word, and hangs or
// leaves where the script says so.
type badServer struct {
	addr string
	hung chan struct{} // closed when it hangs
	gone chan struct{} // closed when the client has left
}

// The turns of a script that are no answers.
const (
	hang  = "(hang)"
	leave = "(leave)"
)

// answers to what a client says until the script differs.
var answers = map[string]string{
	"": "220 mx.example.com", "EHLO": "250 mx.example.com", "HELO": "554 neither", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on",
	".": "250 taken", "NOOP": "250 ok", "RSET": "250 ok", "QUIT": "221 bye",
}

// startBad serves one conversation. after is a command ("" is the greeting, "." the
// end of the mail), and turn what happens at it.
func startBad(t *testing.T, after, turn string) *badServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &badServer{addr: l.Addr().String(), hung: make(chan struct{}), gone: make(chan struct{})}
	go func() {
		defer close(s.gone)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		s.talk(conn, after, turn)
	}()
	return s
}

func (s *badServer) talk(conn net.Conn, after, turn string) {
	lines := bufio.NewScanner(conn)
	inData := false
	for command := ""; ; {
		answer := answers[command]
		if command == after {
			answer = turn
		}
		switch {
		case answer == leave:
			return
		case answer == hang:
			close(s.hung)
			io.Copy(io.Discard, conn) // until the client leaves
			return
		case answer != "" && (!inData || command == "."):
			io.WriteString(conn, answer+"\r\n")
			inData = command == "DATA"
		}
		if !lines.Scan() {
			return
		}
		command, _, _ = strings.Cut(lines.Text(), " ")
	}
}

// A server that hangs holds nobody longer than the context lasts, and no
// connection stays behind.
func TestSMTPServerHangs(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"at once": "", "at EHLO": "EHLO", "at RCPT": "RCPT", "at DATA": "DATA", "after the mail": "."} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startBad(t, after, hang)
			ctx, cancel := context.WithCancelCause(t.Context())
			enough := errors.New("enough")
			go func() {
				<-server.hung
				cancel(enough)
			}()
			err := newMailer(t, newSMTP(t, "smtp://"+server.addr)).Send(ctx, letter(promptz.LetterCode))
			expectError(t, err, promptz.CodeUnavailable, "enough")
			<-server.gone
		})
	}
}

// A server that leaves before it took the mail gets it again later; one that
// leaves after does not.
func TestSMTPServerLeaves(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, after string
		want        promptz.Code
	}{
		{"at once", "", promptz.CodeUnavailable},
		{"at EHLO", "EHLO", promptz.CodeUnavailable},
		{"at RCPT", "RCPT", promptz.CodeUnavailable},
		{"at DATA", "DATA", promptz.CodeUnavailable},
		{"in the mail", "Auto-Submitted:", promptz.CodeUnavailable},
		{"after the mail", ".", promptz.CodeUnavailable},
		{"after it took it", "RSET", ""},
		{"at the farewell", "QUIT", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := startBad(t, tt.after, leave)
			err := newMailer(t, newSMTP(t, "smtp://"+server.addr)).Send(t.Context(), letter(promptz.LetterCode))
			if promptz.ErrorCode(err) != tt.want {
				t.Errorf("error %v, want code %q", err, tt.want)
			}
			<-server.gone
		})
	}
}

// What a server holds against us, and not against the mail, may be put right.
func TestSMTPServerRefusesUs(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"greeting": "", "EHLO": "EHLO", "sender": "MAIL"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startBad(t, after, "554 5.7.1 maria is not welcome")
			err := newMailer(t, newSMTP(t, "smtp://"+server.addr)).Send(t.Context(), letter(promptz.LetterCode))
			expectError(t, err, promptz.CodeUnavailable, "SMTP reply")
			<-server.gone
		})
	}
}

// Nobody listens: it is tried again.
func TestSMTPNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	err = newMailer(t, newSMTP(t, "smtp://"+l.Addr().String())).Send(t.Context(), letter(promptz.LetterCode))
	expectError(t, err, promptz.CodeUnavailable, "refused")
}
