package workflow

import (
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
	MaxDelaySeconds int      `json:"MaxDelaySeconds"`
	JitterStrategy  string   `json:"JitterStrategy"`
	Comment         string   `json:"Comment"`
}

// catcher says where a Task goes on after some errors.
type catcher struct {
	ErrorEquals []string `json:"ErrorEquals"`
	Next        string   `json:"Next"`
	ResultPath  path     `json:"ResultPath"`
	Comment     string   `json:"Comment"`
}

// What the language says where a retrier does not.
const (
	defaultInterval    = 1
	defaultMaxAttempts = 3
	defaultBackoff     = 2.0
)

// fault says what is wrong with the retrier, "" when nothing is.
func (r *retrier) fault() string {
	switch {
	case r.IntervalSeconds != nil && *r.IntervalSeconds < 1:
		return "IntervalSeconds must be 1 at least"
	case r.MaxAttempts != nil && *r.MaxAttempts < 0:
		return "MaxAttempts must not be negative"
	case r.BackoffRate != nil && *r.BackoffRate < 1:
		return "BackoffRate must be 1 at least"
	case r.MaxDelaySeconds < 0:
		return "MaxDelaySeconds must not be negative"
	case r.JitterStrategy != "" && r.JitterStrategy != "NONE" && r.JitterStrategy != "FULL":
		return "JitterStrategy must be NONE or FULL"
	}
	return ""
}

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
	seconds := min(interval*math.Pow(backoff, float64(done)), 99_999_999)
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, float64(r.MaxDelaySeconds))
	}
	if r.JitterStrategy == "FULL" {
		seconds *= rand.Float64()
	}
	return time.Duration(seconds * float64(time.Second))
}
