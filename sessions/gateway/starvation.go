package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// connectionsPerHost is how many connections a browser opens to one host in one context, over HTTP/1.1: what is held, and
// streams that go on, take one each, and further requests wait in the browser, where nobody sees them.
const connectionsPerHost = 6

// enter and leave keep the exchanges that have not ended, and those that take a connection.
func (g *Gateway) enter(x *exchange, protocol string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending[x] = true; protocol == http1 {
		g.active[x] = x.url.Host
	}
}

func (g *Gateway) leave(x *exchange) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.pending, x)
	delete(g.active, x)
}

// Starved describes the hosts to which the session has no connection left, with what takes them; nil if there is none. A
// browser sends such a host nothing more until one of them ends.
func (g *Gateway) Starved() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	byHost := map[string][]*exchange{}
	for x, host := range g.active {
		byHost[host] = append(byHost[host], x)
	}
	var starved []string
	for host, taken := range byHost {
		if len(taken) >= connectionsPerHost {
			starved = append(starved, g.describe(host, taken))
		}
	}
	slices.Sort(starved)
	return starved
}

func (g *Gateway) describe(host string, taken []*exchange) string {
	slices.SortFunc(taken, func(a, b *exchange) int { return a.entry.Number - b.entry.Number })
	var each []string
	for _, x := range taken {
		each = append(each, x.name()+" ("+x.state()+")")
	}
	return fmt.Sprintf("all %d connections of %s to %s are taken, by %s: the browser sends nothing more to it until one ends",
		connectionsPerHost, g.name, host, strings.Join(each, ", "))
}

// Pending describes what the session waits for: each request that has no response yet, and each response that goes on or is
// held, in their order.
func (g *Gateway) Pending() (all []string) {
	for _, x := range g.waiting() {
		all = append(all, x.name()+" "+x.state())
	}
	return all
}

// Holding is that part of Pending which is held.
func (g *Gateway) Holding() (all []string) {
	for _, x := range g.waiting() {
		if x.isHeld() {
			all = append(all, x.name()+" "+x.state())
		}
	}
	return all
}

// waiting are the exchanges that have not ended, in their order.
func (g *Gateway) waiting() []*exchange {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.SortedFunc(maps.Keys(g.pending), func(a, b *exchange) int { return a.entry.Number - b.entry.Number })
}

func (x *exchange) isHeld() (held bool) {
	x.note(func(e *Exchange, _ func() Stamp) { held = !e.Held.IsZero() && e.Released.Seq < e.Held.Seq })
	return held
}

// state is what an exchange is doing, and since when.
func (x *exchange) state() (text string) {
	x.note(func(e *Exchange, _ func() Stamp) {
		what, since := "waits for its server", e.Out
		switch {
		case !e.Held.IsZero() && e.Released.Seq < e.Held.Seq:
			what, since = "held", e.Held
		case !e.In.IsZero():
			what, since = "its response goes on", e.In
		}
		text = fmt.Sprintf("%s for %v", what, time.Since(since.At).Round(time.Millisecond))
	})
	return text
}

// starvation is what an error adds where the session has no connection left.
func (g *Gateway) starvation() string {
	if starved := g.Starved(); starved != nil {
		return "; " + strings.Join(starved, "; ")
	}
	return ""
}
