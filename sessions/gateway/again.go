package gateway

import (
	"maps"
	"sync"
	"time"
)

// again remembers requests whose connection was broken on purpose. A browser sends a request again by itself, on a new
// connection, if one that it had used before breaks without an answer: the fault would go unnoticed. Such a request has
// the same head, letter by letter, and comes at once.
type again struct {
	mu       sync.Mutex
	expected map[string]time.Time // until when
}

// againWithin is how long a browser may take to send a request again.
const againWithin = 2 * time.Second

func (a *again) expect(head []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.expected == nil {
		a.expected = map[string]time.Time{}
	}
	now := time.Now()
	maps.DeleteFunc(a.expected, func(_ string, until time.Time) bool { return now.After(until) })
	a.expected[string(head)] = now.Add(againWithin)
}

// is tells whether the request is one that was broken, and forgets it.
func (a *again) is(head []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, found := a.expected[string(head)]
	delete(a.expected, string(head))
	return found && time.Now().Before(until)
}
