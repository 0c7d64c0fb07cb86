package gateway

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Stamp is when something happened, and its number among all that happened; both are taken under one lock. Its zero
// value is that it has not.
type Stamp struct {
	At  time.Time // of the monotonic clock
	Seq uint64
}

// IsZero tells whether it has not happened.
func (s Stamp) IsZero() bool { return s.At.IsZero() }

// Stamps makes the func that gateways of one run share as Options.Stamp.
func Stamps() func() Stamp {
	var mu sync.Mutex
	var seq uint64
	return func() Stamp {
		mu.Lock()
		defer mu.Unlock()
		seq++
		return Stamp{At: time.Now(), Seq: seq}
	}
}

// Field is a field of a message's head, as it was sent.
type Field struct{ Name, Value string }

// values returns the values of all fields with the name.
func values(fields []Field, name string) []string {
	var found []string
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			found = append(found, f.Value)
		}
	}
	return found
}

// Exchange is a request that a gateway saw, and what became of it. Secrets are in it as they were sent; whoever writes it
// hides them.
type Exchange struct {
	// Number counts the requests of the gateway from 1.
	Number int
	Method string
	URL    string
	// Protocol is "HTTP/1.1" or "HTTP/2.0", as the session spoke it; "tunnel" for bytes that nobody could read.
	Protocol string
	// Out is when the head of the request was read from the session, Sent when its last byte was handed to the
	// server's connection, In when the response began to come, Done when its end was passed on.
	Out, Sent, In, Done Stamp
	// Held is when it was held, Released when it was let go; the last time, if both its stages were.
	Held, Released Stamp
	// Arrived is when the server says that it had all of the request, in the field Lockstep-Arrived of its response; zero
	// where it says nothing.
	Arrived time.Time
	Status  int
	// RequestHeader and ResponseHeader are in the order in which they came (over HTTP/2, by name).
	RequestHeader, ResponseHeader []Field
	// RequestBody and ResponseBody begin the bodies, up to Options.Bodies bytes.
	RequestBody, ResponseBody []byte
	// RequestBytes and ResponseBytes are what was sent on either way, heads included (over HTTP/2, bodies alone).
	RequestBytes, ResponseBytes int64
	// Err is why there was no response, or not the whole of it; empty otherwise.
	Err string
}

// ArrivedField is the field of a response in which a server tells when it had all of the request: RFC 3339, with
// nanoseconds.
const ArrivedField = "Lockstep-Arrived"

// record keeps the latest exchanges.
type record struct {
	stamp  func() Stamp
	limit  int
	bodies int

	mu     sync.Mutex
	number int
	all    []*Exchange
}

func newRecord(o Options) *record {
	r := &record{stamp: o.Stamp, limit: o.Record, bodies: o.Bodies}
	if r.stamp == nil {
		r.stamp = Stamps()
	}
	return r
}

func (r *record) begin(e Exchange) *Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.number++
	e.Number, e.Out = r.number, r.stamp()
	if len(r.all) >= r.limit {
		r.all = slices.Delete(r.all, 0, (r.limit+1)/2)
	}
	r.all = append(r.all, &e)
	return &e
}

// note changes an entry under the record's lock.
func (r *record) note(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// keeper keeps the beginning of a body for the record; a nil one keeps nothing.
type keeper struct {
	kept []byte
	left int
}

func (r *record) keeper() *keeper {
	if r.bodies == 0 {
		return nil
	}
	return &keeper{left: r.bodies}
}

// Write never fails.
func (k *keeper) Write(p []byte) (int, error) {
	if k != nil {
		n := min(len(p), k.left)
		k.kept, k.left = append(k.kept, p[:n]...), k.left-n
	}
	return len(p), nil
}

// content is where the content of a body goes beside its way.
func (k *keeper) content() io.Writer {
	if k == nil {
		return io.Discard
	}
	return k
}

func (k *keeper) bytes() []byte {
	if k == nil {
		return nil
	}
	return k.kept
}

// Forget drops what was recorded so far, and counts requests from 1 again.
func (g *Gateway) Forget() {
	g.record.mu.Lock()
	defer g.record.mu.Unlock()
	g.record.all, g.record.number = nil, 0
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
