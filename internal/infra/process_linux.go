package infra

import (
	"context"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// interruptible gives the context of a command. On Linux terraform-exec makes
// terraform a group of its own, which a terminal's interrupt does not reach, and
// sends it one when the context ends.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// Kill ends every terraform that this process runs, and what it started, at once.
// It is for whoever interrupts twice: terraform-exec tells nobody its process.
func Kill() {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err == nil && leads(pid) {
			unix.Kill(-pid, unix.SIGKILL)
		}
	}
}

// leads tells whether a process is a child of ours and leads a group: proc(5),
// /proc/pid/stat, where the fields after the name are state, parent and group.
func leads(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	stat := string(text)
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	return len(fields) > 2 && fields[1] == strconv.Itoa(os.Getpid()) && fields[2] == strconv.Itoa(pid)
}
