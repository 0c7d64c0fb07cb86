package tripwire_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/fixtures/traps"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// ledger is what the server counted of a load against what the gateway of its session recorded.
type ledger struct {
	counted  []traps.Request
	recorded []gateway.Exchange
}

// unseen are the requests that the server counted more often than the gateway saw them.
func (l ledger) unseen() []string { return surplus(l.countedLines(), l.recordedLines()) }

// phantoms are the requests that the gateway recorded more often than the server counted them.
func (l ledger) phantoms() []string { return surplus(l.recordedLines(), l.countedLines()) }

func (l ledger) countedLines() (lines []string) {
	for _, r := range l.counted {
		lines = append(lines, r.String())
	}
	return lines
}

// recordedLines are the exchanges as the server would print them.
func (l ledger) recordedLines() (lines []string) {
	for _, e := range l.recorded {
		lines = append(lines, traps.Request{Method: e.Method, URL: e.URL, Status: e.Status}.String())
	}
	return lines
}

// surplus is what there is more of in one list than in the other.
func surplus(here, there []string) (more []string) {
	left := map[string]int{}
	for _, line := range there {
		left[line]++
	}
	for _, line := range here {
		if left[line]--; left[line] < 0 {
			more = append(more, line)
		}
	}
	return more
}

// order is the purposes of the recorded requests, in the order of the record.
func (l ledger) order() (purposes []string) {
	for _, e := range l.recorded {
		if u, err := url.Parse(e.URL); err == nil {
			purposes = append(purposes, u.Path[strings.LastIndex(u.Path, "/")+1:])
		}
	}
	return purposes
}

// follows tells whether the purposes are there in the order that is wanted, others between them or not.
func follows(purposes, wanted []string) bool {
	for _, purpose := range purposes {
		if len(wanted) > 0 && purpose == wanted[0] {
			wanted = wanted[1:]
		}
	}
	return len(wanted) == 0
}

func TestTheLedgerTellsEveryDifference(t *testing.T) {
	get := traps.Request{Method: "GET", URL: "http://127.0.0.1:1/t/1/a?x=1", Status: 200}
	seen := gateway.Exchange{Method: "GET", URL: get.URL, Status: 200}
	with := func(change func(*gateway.Exchange)) gateway.Exchange { e := seen; change(&e); return e }
	for name, c := range map[string]struct {
		ledger           ledger
		unseen, phantoms int
	}{
		"nothing":          {},
		"the same":         {ledger: ledger{[]traps.Request{get}, []gateway.Exchange{seen}}},
		"one slipped past": {ledger: ledger{[]traps.Request{get}, nil}, unseen: 1},
		"one of two":       {ledger: ledger{[]traps.Request{get, get}, []gateway.Exchange{seen}}, unseen: 1},
		"recorded twice":   {ledger: ledger{[]traps.Request{get}, []gateway.Exchange{seen, seen}}, phantoms: 1},
		"never sent":       {ledger: ledger{nil, []gateway.Exchange{seen}}, phantoms: 1},
		"other method":     {ledger: ledger{[]traps.Request{get}, []gateway.Exchange{with(func(e *gateway.Exchange) { e.Method = "POST" })}}, unseen: 1, phantoms: 1},
		"other query":      {ledger: ledger{[]traps.Request{get}, []gateway.Exchange{with(func(e *gateway.Exchange) { e.URL += "2" })}}, unseen: 1, phantoms: 1},
		"other status":     {ledger: ledger{[]traps.Request{get}, []gateway.Exchange{with(func(e *gateway.Exchange) { e.Status = 502 })}}, unseen: 1, phantoms: 1},
	} {
		if u, p := c.ledger.unseen(), c.ledger.phantoms(); len(u) != c.unseen || len(p) != c.phantoms {
			t.Errorf("%s: unseen %v, phantoms %v; want %d, %d", name, u, p, c.unseen, c.phantoms)
		}
	}
}

func TestOrderIsToldFromDisorder(t *testing.T) {
	for _, c := range []struct {
		purposes, wanted string
		want             bool
	}{
		{"", "", true}, {"a b c", "a b c", true}, {"a x b y c", "a b c", true},
		{"a c b", "a b c", false}, {"a b", "a b c", false}, {"a b a", "a b a", true}, {"a b", "b a", false},
	} {
		if got := follows(strings.Fields(c.purposes), strings.Fields(c.wanted)); got != c.want {
			t.Errorf("%q follows %q: %v", c.purposes, c.wanted, got)
		}
	}
}
