package harness

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// polling is what was known of a body that asks a page again and again, when the page had come to rest.
type polling struct {
	changes uint64 // of the page
	again   int    // of the session's activity
}

// polls is how many more looks at a page that rests must have been for the same to say that somebody polls: the first may have
// begun before.
const polls = 2

// idle proves that nothing comes of a browser session unless somebody else moves: its page rests, and if a body runs, it waits
// for the page, in a verb that cannot end before the page changes or by asking it the same again and again. The scheduler
// asks before each release.
func (u *user) idle(ctx context.Context) bool {
	if !u.running() {
		return u.atRest(ctx) && !u.running()
	}
	before := u.live.Doing()
	asks := before.Again > 0
	if before.Took > 0 && !asks {
		return false // it is between two verbs
	}
	if !u.atRest(ctx) {
		return false
	}
	if u.browser.Blocked(ctx) {
		return u.live.Doing().Since.Equal(before.Since)
	}
	changes := u.browser.Page().Motion().Changes
	if now := u.live.Doing(); changes != u.polled.changes || now.Again < u.polled.again || !asks {
		u.polled = polling{changes, now.Again}
		return false
	} else { //nolint:revive // now is of both
		return now.Again >= u.polled.again+polls
	}
}

func (u *user) running() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.body
}

// atRest tells whether the page rests and each of its requests is held, or is of the background. A page that was found at rest is
// asked again only when something has come to it since.
func (u *user) atRest(ctx context.Context) bool {
	now := u.quietness()
	if now.lasts && now == u.proved.at() {
		return true
	}
	if !u.restsNow(ctx) {
		return false
	}
	u.proved.set(now)
	return true
}

// quietness is all that can make a page move that rests: its body, the ends of its requests, going to another page. It does not
// last where a stream is open.
type quietness struct {
	lasts   bool
	passed  uint64 // how often an exchange began, went on or ended
	changes uint64 // of the page
	verb    time.Time
	again   int // of the verb
}

func (u *user) quietness() quietness {
	doing, motion := u.live.Doing(), u.browser.Page().Motion()
	u.mu.Lock()
	defer u.mu.Unlock()
	q := quietness{passed: u.passed, changes: motion.Changes, verb: doing.Since, again: doing.Again}
	q.lasts = u.gateway != nil && !motion.Leaving && !motion.Parsing
	for x := range u.exchanges {
		q.lasts = q.lasts && x.sort != background
	}
	return q
}

// proof is the last time that a page was found at rest.
type proof struct {
	mu   sync.Mutex
	last quietness
}

func (p *proof) at() quietness {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *proof) set(q quietness) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = q
}

// restsNow asks the page. A request that the browser has begun and the gateway has not seen is still on its way there; one that
// the gateway has seen the end of, on its way back.
func (u *user) restsNow(ctx context.Context) bool {
	motion, rests := u.browser.Rest(ctx)
	if !rests {
		return false
	}
	if u.gateway == nil {
		return len(motion.Requests) == 0
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	live := map[requestKey]int{}
	for x := range u.exchanges {
		if x.sort == shown {
			return false
		}
		live[x.key]++
	}
	for _, r := range motion.Requests {
		if r.Type == "EventSource" {
			continue
		}
		key, err := keyOf(r.Method, r.URL)
		if err != nil || live[key] == 0 {
			return false
		}
		if !isSafe(r.Method) {
			live[key]-- // of the same safe request, a browser sends one at a time: the next may be answered by its cache
		}
	}
	return true
}

func keyOf(method, address string) (requestKey, error) {
	u, err := url.Parse(address)
	if err != nil {
		return requestKey{}, err
	}
	return requestKey{method, u.Host, u.RequestURI()}, nil
}

// unrest is what a page that does not come to rest has begun.
func (u *user) unrest() string {
	motion := u.browser.Page().Motion()
	var begun []string
	for _, r := range motion.Requests {
		begun = append(begun, fmt.Sprintf("%s %s (%s)", r.Method, r.URL, strings.ToLower(r.Type)))
	}
	slices.Sort(begun)
	switch {
	case len(begun) > 0:
		return "it has begun " + strings.Join(begun, ", ")
	case motion.Leaving, motion.Parsing:
		return "it is going to another page"
	}
	return "a script keeps it busy"
}
