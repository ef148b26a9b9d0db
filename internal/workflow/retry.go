package workflow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// retrier says how often and when a Task is tried again after some errors.
type retrier struct {
	ErrorEquals     []string `json:"ErrorEquals"`
	IntervalSeconds *int     `json:"IntervalSeconds"`
	MaxAttempts     *int     `json:"MaxAttempts"`
	BackoffRate     *float64 `json:"BackoffRate"`
	MaxDelaySeconds *int     `json:"MaxDelaySeconds"`
	JitterStrategy  string   `json:"JitterStrategy"`
}

// catcher says where a Task goes on after some errors.
type catcher struct {
	ErrorEquals []string `json:"ErrorEquals"`
	Next        string   `json:"Next"`
	ResultPath  path     `json:"ResultPath"`
}

// What the language says where a retrier does not.
const (
	defaultInterval    = 1
	defaultMaxAttempts = 3
	defaultBackoff     = 2.0
)

// The most that AWS takes.
const (
	maxSeconds  = 99_999_999
	maxMaxDelay = 31_622_399
)

// fault says what is wrong with the retrier, "" when nothing is.
func (r *retrier) fault() string {
	switch {
	case !within(r.IntervalSeconds, 1, maxSeconds):
		return fmt.Sprintf("IntervalSeconds must be from 1 to %d", maxSeconds)
	case !within(r.MaxAttempts, 0, maxSeconds):
		return fmt.Sprintf("MaxAttempts must be from 0 to %d", maxSeconds)
	case r.BackoffRate != nil && *r.BackoffRate < 1:
		return "BackoffRate must be 1 at least"
	case !within(r.MaxDelaySeconds, 1, maxMaxDelay):
		return fmt.Sprintf("MaxDelaySeconds must be from 1 to %d", maxMaxDelay)
	case r.JitterStrategy != "" && r.JitterStrategy != "NONE" && r.JitterStrategy != "FULL":
		return "JitterStrategy must be NONE or FULL"
	}
	return ""
}

// within tells whether a number that may be left out is from least to most.
func within(n *int, least, most int) bool { return n == nil || *n >= least && *n <= most }

// maxAttempts is how often the retrier tries again.
func (r *retrier) maxAttempts() int {
	if r.MaxAttempts == nil {
		return defaultMaxAttempts
	}
	return *r.MaxAttempts
}

// delay is how long to wait before the retry after done others.
func (r *retrier) delay(done int) time.Duration {
	interval, backoff := float64(defaultInterval), defaultBackoff
	if r.IntervalSeconds != nil {
		interval = float64(*r.IntervalSeconds)
	}
	if r.BackoffRate != nil {
		backoff = *r.BackoffRate
	}
	seconds := min(interval*math.Pow(backoff, float64(done)), maxSeconds)
	if r.MaxDelaySeconds != nil {
		seconds = min(seconds, float64(*r.MaxDelaySeconds))
	}
	if r.JitterStrategy == "FULL" {
		seconds *= rand.Float64()
	}
	return time.Duration(seconds * float64(time.Second))
}
