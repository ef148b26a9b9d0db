//go:build !linux

package infra

import (
	"context"
	"os"
	"strings"

	"golang.org/x/term"
)

// interruptible gives the context of a command. Here terraform shares our group:
// a terminal's interrupt reaches it without us, and one more from us would make it
// exit without saving its state.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		shared := term.IsTerminal(int(os.Stdin.Fd())) && strings.HasPrefix(context.Cause(ctx).Error(), os.Interrupt.String())
		if !shared {
			cancel()
		}
	})
	return inner, func() {
		stop()
		cancel()
	}
}

// Kill does nothing here: the second interrupt, too, has reached terraform itself,
// which exits at once.
func Kill() {}
