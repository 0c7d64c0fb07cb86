package coexist

import (
	"errors"
	"time"

	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions/redact"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

const (
	maxFailures    = 100 // that are kept in detail
	maxMessages    = 100 // different ones
	longestMessage = 600 // in bytes
	// maxOthers is how many other holders of a value are named for a failure; of more, those who drew it last.
	maxOthers = 50
	// maxBlamed is how many values with failures, and times of overlap with failures, are told of; maxPairs how many pairs.
	maxBlamed = 200
	maxPairs  = 10_000
	// maxStory is how many holdings of a value its timeline has, from a few before its first failure on.
	maxStory = 40
)

// tally is what became of the iterations of a phase.
type tally struct {
	usage
	overlaps int64 // times at which a value came to have two holders
	failures []*Failure
	kinds    map[Kind]int64
	messages map[message]int64
	pairs    map[[2]string]*Pair
	blamed   []*value   // with a failure, in the order of the first
	leftOut  int64      // failures of values beyond maxBlamed
	spans    []*overlap // with a failure
	ranOut   map[string]*OutOfData
}

type message struct {
	kind Kind
	text string
}

// usage counts iterations by whether they shared a value.
type usage struct {
	shared, sharedFailed, alone, aloneFailed int64
}

func (u *usage) count(shared, failed bool) {
	switch {
	case shared && failed:
		u.sharedFailed++
		fallthrough
	case shared:
		u.shared++
	case failed:
		u.aloneFailed++
		fallthrough
	default:
		u.alone++
	}
}

// overlap is a time in which a value had two holders or more at every moment.
type overlap struct {
	value    *value
	from, to time.Duration
	over     bool // to is valid
	most     int  // holders at one moment
	failures int64
	users    map[string]struct{} // of the failures and those they collided with
}

// overlapped notes that the value may have got another holder.
func (v *value) overlapped(at time.Duration, t *tally) {
	if len(v.holders) < 2 {
		return
	}
	if v.overlap == nil || v.overlap.over {
		v.overlap = &overlap{value: v, from: at}
		t.overlaps++
	}
	v.overlap.most = max(v.overlap.most, len(v.holders))
}

// blame is what failed while a value was held.
type blame struct {
	collisions int64
	only       int64 // collisions in which no other value was shared
	apart      int64 // failures in which nobody else held it
	first      *Failure
	story      []*holding
	failed     []Mark
}

// tell adds a holding to the story of a value that failed.
func (b *blame) tell(h *holding) {
	if b != nil && len(b.story) < maxStory {
		b.story = append(b.story, h)
	}
}

// iterates notes that a user begins an iteration.
func (l *ledger) iterates(name string, iteration int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[name].iteration = iteration
}

// passed notes that the iteration of a user went well. The user still holds its values.
func (l *ledger) passed(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count(l.users[name], false)
}

// stopped notes that a user has no more values, and stops as the rule of the feeder says.
func (l *ledger) stopped(name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runOut(l.users[name], err)
}

// count counts an iteration, and for each value that it held.
func (l *ledger) count(u *user, failed bool) {
	any := false
	for _, h := range u.held() {
		shared := h.shared()
		any = any || shared
		h.value.count(shared, failed)
	}
	l.tally.count(any, failed)
}

// sofar is how many iterations have ended, and how many of them failed.
func (l *ledger) sofar() (ended, failed int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shared + l.alone, l.sharedFailed + l.aloneFailed
}

// failed notes that the iteration of a user failed, and says why as far as values tell. The user still holds them; first is
// whether it is the user's first failure.
func (l *ledger) failed(name string, err error) (failure *Failure, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.users[name]
	l.count(u, true)
	f := &Failure{Scenario: u.scenario, User: u.name, Iteration: u.iteration, At: milliseconds(time.Since(l.began)), Message: messageOf(err)}
	l.attribute(f, u, errors.Is(err, data.ErrOutOfValues))
	if f.Kind == OutOfValues {
		l.runOut(u, err)
	}
	l.keep(f)
	first, u.failed = !u.failed, true
	return f, first
}

func (l *ledger) keep(f *Failure) {
	if l.kinds == nil {
		l.kinds, l.messages = map[Kind]int64{}, map[message]int64{}
	}
	l.kinds[f.Kind]++
	m := message{f.Kind, f.Message}
	if _, known := l.messages[m]; !known && len(l.messages) >= maxMessages {
		m.text = "(other messages)"
	}
	l.messages[m]++
	if len(l.failures) < maxFailures {
		l.failures = append(l.failures, f)
	}
}

func (l *ledger) runOut(u *user, err error) {
	out, ok := errors.AsType[*data.OutOfValuesError](err)
	if !ok {
		return
	}
	if l.ranOut == nil {
		l.ranOut = map[string]*OutOfData{}
	}
	seen := l.ranOut[out.Feeder]
	if seen == nil {
		seen = &OutOfData{Feeder: out.Feeder, Policy: out.Policy.String(), First: u.name, At: milliseconds(time.Since(l.began)), Message: messageOf(err)}
		l.ranOut[out.Feeder] = seen
	}
	seen.Times++
}

// messageOf is the same for the same mistake as far as it can be, and without secrets.
func messageOf(err error) string {
	text := err.Error()
	if request, ok := errors.AsType[*virtual.Error](err); ok {
		text = request.Class.String() + ": " + request.Message
	}
	text = redact.Redactor{}.Text(text)
	if len(text) > longestMessage {
		text = validBefore(text, longestMessage) + "…"
	}
	return text
}
