package server

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"promptz/internal/promptz"
)

// The rates, in requests a second, where the configuration names no other.
const (
	userRate    = 50
	addressRate = 20
	burst       = 100
)

// maxCallers bounds how many callers a generation remembers: an attacker with a
// million addresses fills no memory.
const maxCallers = 50_000

// Limits bounds how often one caller may ask, in this process. Safe for
// concurrent use.
type Limits struct {
	userRate float64
	now      func() time.Time

	mu sync.Mutex
	// Two generations: when the young one is full it becomes the old one, and
	// who is in neither begins with a full bucket.
	young, old map[string]*rate.Limiter
}

// NewLimits makes limits of perSecond requests for each key or user, 50 when it
// is 0. now is the clock.
func NewLimits(perSecond float64, now func() time.Time) *Limits {
	if perSecond == 0 {
		perSecond = userRate
	}
	return &Limits{userRate: perSecond, now: now, young: map[string]*rate.Limiter{}}
}

// Caller says who sends a request, as far as can be told without asking a store:
// "" is nobody that is known.
type Caller func(r *http.Request) string

// limit refuses callers that ask too often.
func limit(l *Limits, caller Caller, proxies Proxies, metrics *Metrics, refuse Refuse, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, perSecond := caller(r), l.userRate
		if name == "" {
			name, perSecond = network(proxies.Client(r)).String(), min(addressRate, l.userRate)
		}
		b := l.take(name, perSecond)
		if !b.allowed {
			metrics.limited.Inc()
			w.Header().Set("Retry-After", strconv.Itoa(b.retryAfter()))
			b.describe(w.Header())
			refuse(w, r, promptz.CodeRateLimited, fmt.Sprintf("More than %g requests a second. Wait as long as Retry-After says.", perSecond))
			return
		}
		seen := &response{ResponseWriter: w}
		seen.before = func(int) {
			// A shared cache would hand one caller's rest to all.
			if !strings.Contains(w.Header().Get("Cache-Control"), "public") {
				b.describe(w.Header())
			}
		}
		next.ServeHTTP(seen, r)
	})
}

// bucket is what is left to a caller.
type bucket struct {
	allowed   bool
	left      float64 // requests
	perSecond float64
}

func (l *Limits) take(name string, perSecond float64) bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.young[name]
	if limiter == nil {
		if limiter = l.old[name]; limiter == nil {
			limiter = rate.NewLimiter(rate.Limit(perSecond), burst)
		}
		if len(l.young) >= maxCallers {
			l.old, l.young = l.young, map[string]*rate.Limiter{}
		}
		l.young[name] = limiter
	}
	now := l.now()
	allowed := limiter.AllowN(now, 1)
	return bucket{allowed: allowed, left: max(0, limiter.TokensAt(now)), perSecond: perSecond}
}

// describe writes the fields of draft-ietf-httpapi-ratelimit-headers.
func (b bucket) describe(h http.Header) {
	window := int(math.Ceil(burst / b.perSecond))
	h.Set("RateLimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, burst, window))
	h.Set("RateLimit", fmt.Sprintf(`"default";r=%d;t=%d`, int(b.left), int(math.Ceil((burst-b.left)/b.perSecond))))
}

// retryAfter is in how many seconds the next request will pass.
func (b bucket) retryAfter() int {
	return max(1, int(math.Ceil((1-b.left)/b.perSecond)))
}
