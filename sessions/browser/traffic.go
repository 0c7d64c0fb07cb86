package browser

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Traffic follows the requests of a page that have begun and not ended, as the browser sees them. Drivers feed it in the
// order in which the browser sent its events, and before the answer to any command that came after: so what a page has begun
// before it answered a script is known when the answer is. The zero value is a page that has sent nothing.
type Traffic struct {
	mu      sync.Mutex
	open    map[string]openRequest // by the browser's id
	changes uint64
}

type openRequest struct {
	Request
	document string // that sent it
}

// Begin notes a request. A redirect is one more with the same ID. Document tells which document sent it.
func (t *Traffic) Begin(r Request, document string) {
	if !strings.HasPrefix(r.URL, "http") { // data:, blob: and the like never leave the browser
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[string]openRequest{}
	}
	t.open[r.ID] = openRequest{r, document}
	t.changes++
}

// End notes that the browser has all of the response, or that there will be none.
func (t *Traffic) End(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.open[id]; ok {
		delete(t.open, id)
		t.changes++
	}
}

// Arrived notes that the window shows a new document: nothing more is heard of what others have sent.
func (t *Traffic) Arrived(document string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.open, func(_ string, r openRequest) bool { return r.document != document })
	t.changes++
}

// Motion is what a page has begun and not ended.
type Motion struct {
	// Requests are those that the browser has no whole response to; they are in no order.
	Requests []Request
	// Leaving says that the window is on the way to another document, Parsing that it has come to one that has not been
	// parsed.
	Leaving, Parsing bool
	// Turned is closed when the window begins or ceases to be on such a way.
	Turned <-chan struct{}
	// Changes counts what has happened so far: while it stays the same, nothing began or ended.
	Changes uint64
}

// MotionOf puts together what a driver knows of a page.
func MotionOf(t *Traffic, n *Navigation) Motion {
	phase, turned := n.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	m := Motion{Leaving: phase == requested || phase == underWay, Parsing: phase == arriving, Turned: turned, Changes: t.changes}
	for _, r := range t.open {
		m.Requests = append(m.Requests, r.Request)
	}
	return m
}

// Rests tells whether nothing can come of the page by itself, but for what its scripts are just doing: if it goes anywhere,
// the request for that has begun.
func (m Motion) Rests() bool {
	switch {
	case m.Leaving:
		return m.waitsFor("Document")
	case m.Parsing:
		return m.waitsFor("Document", "Script", "Stylesheet") // of which parsing can wait for
	}
	return true
}

func (m Motion) waitsFor(types ...string) bool {
	return slices.ContainsFunc(m.Requests, func(r Request) bool { return slices.Contains(types, r.Type) })
}
