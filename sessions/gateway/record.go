package gateway

import (
	"sync"
	"time"
)

// Exchange is a request that a gateway saw, and what became of it. Its times are of the monotonic clock; one that
// did not come is zero.
type Exchange struct {
	// Seq counts the requests of the gateway from 1.
	Seq    int
	Method string
	URL    string
	// Out is when the request was read from the session, Sent when its last byte was handed to the server's
	// connection, In when the response began to come, Done when its end was passed on.
	Out, Sent, In, Done time.Time
	Status              int
	// RequestBytes and ResponseBytes are what was sent on either way, heads included.
	RequestBytes, ResponseBytes int64
	// Err is why there was no response, or not the whole of it; empty otherwise.
	Err string
}

// record keeps the latest exchanges.
type record struct {
	mu    sync.Mutex
	limit int
	seq   int
	all   []*Exchange
}

func newRecord(limit int) *record { return &record{limit: limit} }

func (r *record) begin(method, url string) *Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq++
	e := &Exchange{Seq: r.seq, Method: method, URL: url, Out: time.Now()}
	if len(r.all) >= r.limit {
		r.all = append(r.all[:0], r.all[r.limit/2:]...)
	}
	r.all = append(r.all, e)
	return e
}

// note changes an entry under the record's lock.
func (r *record) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// Record is a copy of what the gateway saw, in order.
func (g *Gateway) Record() []Exchange {
	g.record.mu.Lock()
	defer g.record.mu.Unlock()
	all := make([]Exchange, len(g.record.all))
	for i, e := range g.record.all {
		all[i] = *e
	}
	return all
}
