package server

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
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
	young, old map[bucketKey]*rate.Limiter
}

// NewLimits makes limits of perSecond requests for each key or user, 50 when it
// is 0. An address has 20 at most. now is the clock.
func NewLimits(perSecond float64, now func() time.Time) *Limits {
	if perSecond == 0 {
		perSecond = userRate
	}
	return &Limits{userRate: perSecond, now: now, young: map[bucketKey]*rate.Limiter{}}
}

// bucketKey is whose bucket it is. A user can't be named so as to drain that of
// an address.
type bucketKey struct {
	address bool
	name    string
}

// rateOf gives the requests a second that fill the bucket of k.
func (l *Limits) rateOf(k bucketKey) float64 {
	if k.address {
		return min(addressRate, l.userRate)
	}
	return l.userRate
}

// take takes a request out of the bucket of k.
func (l *Limits) take(k bucketKey) bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, now := l.limiter(k), l.now()
	allowed := limiter.AllowN(now, 1)
	return bucket{allowed: allowed, left: max(0, limiter.TokensAt(now)), perSecond: l.rateOf(k)}
}

func (l *Limits) limiter(k bucketKey) *rate.Limiter {
	if limiter, ok := l.young[k]; ok {
		return limiter
	}
	limiter, ok := l.old[k]
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(l.rateOf(k)), burst)
	}
	if len(l.young) >= maxCallers {
		l.old, l.young = l.young, map[bucketKey]*rate.Limiter{}
	}
	l.young[k] = limiter
	return limiter
}

// bucket is what is left to a caller.
type bucket struct {
	allowed   bool
	left      float64 // requests
	perSecond float64
}

// window is how many seconds fill an empty bucket.
func (b bucket) window() int { return int(math.Ceil(burst / b.perSecond)) }

// untilFull is in how many seconds the bucket is full again.
func (b bucket) untilFull() int { return int(math.Ceil((burst - b.left) / b.perSecond)) }

// untilNext is in how many seconds the next request will pass.
func (b bucket) untilNext() int { return max(1, int(math.Ceil((1-b.left)/b.perSecond))) }
