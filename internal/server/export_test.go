package server

// MaxCallers is how many callers a generation of limits remembers.
const MaxCallers = maxCallers

// Take takes a request out of the bucket of a user.
func (l *Limits) Take(name string) (allowed bool) { return l.take(bucketKey{name: name}).allowed }

// Remembered is how many buckets are kept.
func (l *Limits) Remembered() int { return len(l.young) + len(l.old) }

// The bounds that a connection has.
const (
	ReadHeaderTimeout = readHeaderTimeout
	ReadTimeout       = readTimeout
	WriteTimeout      = writeTimeout
	DrainTimeout      = drainTimeout
	AnswerTimeout     = answerTimeout
)

// Share is the middleware for CORS.
var Share = share
