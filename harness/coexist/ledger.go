package coexist

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
)

const (
	// maxRecent is how many holdings of a value are remembered that have ended, while others of it go on; fewRecent when none does.
	maxRecent = 32
	fewRecent = 4
	// maxIdle is how many values are remembered that nobody holds; of more, those that were put down first are forgotten.
	maxIdle = 10_000
)

// ledger is the record of a phase: who holds which value, in one order. Everything takes its one lock, and it calls nobody.
type ledger struct {
	mu     sync.Mutex
	began  time.Time
	order  uint64 // of draws and returns
	values map[valueKey]*value
	idle   []*value // nobody held them when they were put here, the one that was free first is first
	users  map[string]*user
	tally
}

// valueKey tells values apart, whatever feeder they come from.
type valueKey struct{ place, content string }

func keyOf(h data.Holding) valueKey {
	place := h.Feeder + "\x00" + strconv.Itoa(h.Row.Number)
	if h.Row.Line() > 0 {
		place = filepath.Clean(h.Row.Place())
	}
	return valueKey{place, strings.Join(h.Row.Values(), "\x00")}
}

// user is a user of the phase.
type user struct {
	name, scenario string
	iteration      int
	holds          map[*holding]struct{}
	failed         bool
}

// value is a value that somebody drew.
type value struct {
	key     valueKey
	text    string
	feeders []string
	present map[*holding]struct{}
	holders map[string]int // users who hold it; one may do so by several feeders
	recent  []*holding     // that have ended, latest last
	latest  draw
	another draw     // the latest of anybody but who drew latest
	overlap *overlap // that goes on, or the last one; nil: none yet
	idle    bool
	blamed  *blame // nil: no failure of it yet
	usage
}

// draw is when somebody drew a value.
type draw struct {
	user  string
	order uint64
}

// holding is a value out with a user.
type holding struct {
	value       *value
	user        string
	feeder      string
	iteration   int // 0: it is kept over iterations
	drawn, back uint64
	from, to    time.Duration // since the phase began; to is valid once back is not 0
	joined      bool          // another held it when it was drawn
}

func newLedger() *ledger {
	return &ledger{began: time.Now(), values: map[valueKey]*value{}, users: map[string]*user{}}
}

// begin is when the users start.
func (l *ledger) begin() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began = time.Now()
	return l.began
}

// join makes a user known.
func (l *ledger) join(name, scenario string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[name] = &user{name: name, scenario: scenario, holds: map[*holding]struct{}{}}
}

// draw is the data.Observer of all users.
func (l *ledger) draw(drawn data.Holding) (back func(data.Holding)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.users[drawn.User]
	if u == nil {
		return nil // a user that a scenario made for purposes of its own
	}
	v := l.valueOf(drawn)
	l.order++
	h := &holding{value: v, user: u.name, feeder: drawn.Feeder, iteration: drawn.Iteration, drawn: l.order, from: time.Since(l.began)}
	h.joined = v.heldByOther(u.name)
	u.holds[h] = struct{}{}
	v.present[h] = struct{}{}
	v.holders[u.name]++
	if v.latest.user != u.name {
		v.another = v.latest
	}
	v.latest = draw{u.name, h.drawn}
	v.overlapped(h.from, &l.tally)
	v.blamed.tell(h)
	return func(data.Holding) { l.giveBack(u, h) }
}

func (l *ledger) giveBack(u *user, h *holding) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order++
	h.back, h.to = l.order, time.Since(l.began)
	v := h.value
	delete(u.holds, h)
	delete(v.present, h)
	if v.holders[h.user]--; v.holders[h.user] == 0 {
		delete(v.holders, h.user)
	}
	if v.overlap != nil && !v.overlap.over && len(v.holders) < 2 {
		v.overlap.to, v.overlap.over = h.to, true
	}
	keep := maxRecent
	if len(v.present) == 0 {
		keep = fewRecent
		l.rest(v)
	}
	v.recent = append(v.recent, h)
	if surplus := len(v.recent) - keep; surplus > 0 {
		v.recent = append(v.recent[:0], v.recent[surplus:]...)
	}
}

// valueOf is the value of a draw, which may be new.
func (l *ledger) valueOf(h data.Holding) *value {
	key := keyOf(h)
	v := l.values[key]
	if v == nil {
		v = &value{key: key, text: h.Row.String(), present: map[*holding]struct{}{}, holders: map[string]int{}}
		l.values[key] = v
	}
	if !slices.Contains(v.feeders, h.Feeder) {
		v.feeders = append(v.feeders, h.Feeder)
	}
	return v
}

// rest notes that nobody holds the value, and forgets others if they are too many.
func (l *ledger) rest(v *value) {
	if v.idle {
		return
	}
	v.idle = true
	l.idle = append(l.idle, v)
	for len(l.idle) > maxIdle {
		first := l.idle[0]
		l.idle = l.idle[1:]
		first.idle = false
		if len(first.present) == 0 && first.blamed == nil {
			delete(l.values, first.key)
		}
	}
}

func (v *value) heldByOther(user string) bool {
	others := len(v.holders)
	if v.holders[user] > 0 {
		others--
	}
	return others > 0
}

// shared tells whether another user held the value at any moment since this one drew it.
func (h *holding) shared() bool {
	latest := h.value.latest
	if latest.user == h.user {
		latest = h.value.another
	}
	return h.joined || latest.order > h.drawn
}

// overlaps tells whether both were out at one moment.
func (h *holding) overlaps(other *holding) bool {
	return (h.back == 0 || other.drawn < h.back) && (other.back == 0 || h.drawn < other.back)
}
