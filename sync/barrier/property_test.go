package barrier_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sync/barrier"
)

// event is one thing that happens to a barrier, some time after the event before it.
type event struct {
	what  string // wait, wait with a dead context, cancel (of the party's latest Wait), leave
	party string
	after time.Duration
}

func (e event) String() string { return fmt.Sprintf("%v later %s: %s", e.after, e.party, e.what) }

func drawOptions(t *rapid.T) barrier.Options {
	o := barrier.Options{
		Parties: []string{"a", "b", "c", "d"}[:rapid.IntRange(0, 4).Draw(t, "parties")],
		// The half millisecond keeps the timeout apart from all events, which happen at whole ones.
		Timeout: rapid.SampledFrom([]time.Duration{20, 60, 1000}).Draw(t, "timeout")*time.Millisecond + 500*time.Microsecond,
		Cyclic:  rapid.Bool().Draw(t, "cyclic"),
	}
	if len(o.Parties) == 0 {
		o.Count = rapid.IntRange(1, 4).Draw(t, "count")
	} else if rapid.Bool().Draw(t, "some of them") {
		o.Count = rapid.IntRange(1, len(o.Parties)).Draw(t, "count")
	}
	return o
}

func drawEvents(t *rapid.T) []event {
	events := rapid.SampledFrom([]int{1, 3, 6, 10, 20}).Draw(t, "number of events")
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event {
		return event{
			what:  rapid.SampledFrom([]string{"wait", "wait", "wait", "wait", "wait", "wait dead", "cancel", "leave", "leave"}).Draw(t, "what"),
			party: rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "party"),
			after: rapid.SampledFrom([]time.Duration{1, 5, 25}).Draw(t, "after") * time.Millisecond,
		}
	}), events, events).Draw(t, "events")
}

// model is what a barrier is to do, told without goroutines, channels and clocks: a list of who gets what, and when.
type model struct {
	o       barrier.Options
	now     time.Duration
	gen     int
	waiting []*outcome
	since   time.Duration
	left    []string
	opened  bool
	broken  string // why, if it is
	ruins   string // the state in which it broke
}

// outcome is what one Wait returns.
type outcome struct {
	party  string
	from   time.Duration
	at     time.Duration
	result string // empty: it has not returned
}

func (w *outcome) String() string {
	return fmt.Sprintf("%s, waiting from %v to %v: %s", w.party, w.from, w.at, w.result)
}

func (m *model) count() int {
	if m.o.Count == 0 {
		return len(m.o.Parties)
	}
	return m.o.Count
}

// canComplete says whether those who wait and those who can still come are enough.
func (m *model) canComplete() bool {
	if len(m.o.Parties) == 0 {
		return true
	}
	possible := 0
	for _, p := range m.o.Parties {
		if !slices.Contains(m.left, p) {
			possible++
		}
	}
	return possible >= m.count()
}

func (m *model) release(result func(index int, w *outcome) string) {
	for i, w := range m.waiting {
		w.at, w.result = m.now, result(i, w)
	}
	m.waiting = nil
}

func (m *model) breaks(why string) {
	m.ruins = "broken: " + m.view()
	m.broken = why
	m.release(func(int, *outcome) string { return "broken: " + why })
}

// advance lets time pass, and with it perhaps the timeout.
func (m *model) advance(d time.Duration) {
	end := m.now + d
	if deadline := m.since + m.o.Timeout; len(m.waiting) > 0 && deadline <= end {
		m.now = deadline
		m.breaks("timeout")
	}
	m.now = end
}

func (m *model) wait(party string, dead bool) *outcome {
	w := &outcome{party: party, from: m.now, at: m.now}
	index := slices.IndexFunc(m.waiting, func(w *outcome) bool { return w.party == party })
	switch {
	case m.broken != "":
		w.result = "broken: " + m.broken
	case len(m.o.Parties) > 0 && !slices.Contains(m.o.Parties, party):
		w.result = "refused: unknown party"
	case m.opened:
		w.result = "refused: the barrier has opened already"
	case slices.Contains(m.left, party):
		w.result = "refused: the party has left"
	case index >= 0:
		w.result = "refused: the party is waiting already"
	case dead:
		m.left = append(m.left, party)
		m.breaks(party + " left")
		w.result = "own context; broken: " + m.broken
	default:
		if len(m.waiting) == 0 {
			m.since = m.now
		}
		m.waiting = append(m.waiting, w)
		m.settle()
	}
	return w
}

// settle opens the barrier, or breaks it, if that is what those who wait amount to.
func (m *model) settle() {
	switch {
	case len(m.waiting) == 0:
	case len(m.waiting) == m.count():
		m.release(func(index int, w *outcome) string {
			return fmt.Sprintf("opened: %+v", barrier.Arrival{Index: index, Generation: m.gen, Waited: m.now - w.from})
		})
		if m.opened = !m.o.Cyclic; m.o.Cyclic {
			m.gen++
		}
	case !m.canComplete():
		// The first to leave that could not be spared.
		m.breaks(m.left[len(m.o.Parties)-m.count()] + " left")
	}
}

func (m *model) cancel(party string) {
	index := slices.IndexFunc(m.waiting, func(w *outcome) bool { return w.party == party })
	if index < 0 {
		return
	}
	own := m.waiting[index]
	m.left = append(m.left, party)
	m.breaks(party + " left")
	own.result = "own context; " + own.result
}

func (m *model) leave(party string) {
	if m.broken != "" || m.opened || slices.Contains(m.left, party) || len(m.o.Parties) > 0 && !slices.Contains(m.o.Parties, party) {
		return
	}
	m.left = append(m.left, party)
	if slices.ContainsFunc(m.waiting, func(w *outcome) bool { return w.party == party }) {
		m.breaks(party + " left")
	}
	m.settle()
}

func (m *model) state() string {
	switch {
	case m.broken != "":
		return m.ruins
	case m.opened:
		return "open"
	}
	var left time.Duration
	if len(m.waiting) > 0 {
		left = m.since + m.o.Timeout - m.now
	}
	return fmt.Sprintf("%v left, %d needed: %s", left, m.count(), m.view())
}

// view is who has arrived, how long ago, and who is missing.
func (m *model) view() string {
	var here, missing []string
	for _, w := range m.waiting {
		if !slices.Contains(m.left, w.party) {
			here = append(here, fmt.Sprint(w.party, " ", m.now-w.from))
		}
	}
	candidates := m.o.Parties
	if len(candidates) == 0 {
		candidates = m.left
	}
	for _, p := range candidates {
		switch {
		case slices.Contains(m.left, p):
			missing = append(missing, p+" left")
		case !slices.ContainsFunc(m.waiting, func(w *outcome) bool { return w.party == p }):
			missing = append(missing, p)
		}
	}
	return fmt.Sprintf("generation %d: arrived %v, missing %v", m.gen, here, missing)
}

// seen is the state of the barrier under test, in the words of the model.
func seen(s barrier.State) string {
	switch s.Phase {
	case barrier.Open:
		return "open"
	case barrier.Broken:
		return "broken: " + seenView(s.Broken.Generation, s.Broken.Arrived, s.Broken.Missing)
	}
	return fmt.Sprintf("%v left, %d needed: %s", s.Remaining, s.Count, seenView(s.Generation, s.Arrived, s.Missing))
}

func seenView(generation int, arrived []barrier.Present, absent []barrier.Absent) string {
	var here, missing []string
	for _, p := range arrived {
		here = append(here, fmt.Sprint(p.Party, " ", p.Ago))
	}
	for _, m := range absent {
		if m.Left {
			m.Party += " left"
		}
		missing = append(missing, m.Party)
	}
	return fmt.Sprintf("generation %d: arrived %v, missing %v", generation, here, missing)
}

// got is the outcome of a Wait on the barrier under test, in the words of the model.
func got(a barrier.Arrival, err error) string {
	broken, isBroken := errors.AsType[*barrier.BrokenError](err)
	refused, isRefused := errors.AsType[*barrier.RefusedError](err)
	var result string
	switch {
	case err == nil:
		return fmt.Sprintf("opened: %+v", a)
	case isBroken && errors.Is(err, barrier.ErrBroken):
		result = "broken: timeout"
		if left, ok := errors.AsType[*barrier.LeftError](broken.Reason); ok {
			result = "broken: " + left.Party + " left"
		} else if !errors.Is(err, barrier.ErrTimeout) {
			result = "broken for no reason"
		}
	case isRefused:
		result = "refused: " + refused.Reason.Error()
	}
	if errors.Is(err, context.Canceled) {
		result = "own context; " + result
	}
	return result
}

// play lets the events happen to a barrier and to the model, and returns what they did, line by line.
func play(t *testing.T, o barrier.Options, events []event) (real, want []string) {
	b, err := barrier.New("meeting", o)
	if err != nil {
		t.Fatal(err)
	}
	m := &model{o: o}
	began := time.Now()
	type ending struct{ real, want *outcome }
	var endings []ending
	cancels := make(map[string]context.CancelFunc)
	wait := func(party string, dead bool) {
		ctx, cancel := context.WithCancel(t.Context())
		if dead {
			cancel()
		} else if slices.IndexFunc(m.waiting, func(w *outcome) bool { return w.party == party }) < 0 {
			cancels[party] = cancel
		}
		w := &outcome{party: party, from: time.Since(began)}
		endings = append(endings, ending{w, m.wait(party, dead)})
		go func() {
			defer cancel()
			arrival, err := b.Wait(ctx, party)
			w.at, w.result = time.Since(began), got(arrival, err)
		}()
	}
	for _, e := range append(events, event{after: o.Timeout + time.Second}) {
		time.Sleep(e.after) // in a bubble, this is how the clock is moved
		m.advance(e.after)
		switch e.what {
		case "wait", "wait dead":
			wait(e.party, e.what == "wait dead")
		case "cancel":
			if cancel := cancels[e.party]; cancel != nil {
				cancel()
			}
			m.cancel(e.party)
		case "leave":
			b.Leave(e.party, nil)
			m.leave(e.party)
		}
		synctest.Wait()
		real, want = append(real, seen(b.State())), append(want, m.state())
	}
	for _, e := range endings {
		real, want = append(real, e.real.String()), append(want, e.want.String())
	}
	return real, want
}

// compare is the property: whatever happens to a barrier, it does what the model does, to the nanosecond.
func compare(t *testing.T, r *rapid.T) {
	o, events := drawOptions(r), drawEvents(r)
	var real, want []string
	synctest.Test(t, func(t *testing.T) { real, want = play(t, o, events) })
	if !slices.Equal(real, want) {
		r.Fatalf("%+v\n%v\ngot\n%s\nwant\n%s", o, events, strings.Join(real, "\n"), strings.Join(want, "\n"))
	}
}

func TestPropertyModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) { compare(t, r) })
}

func FuzzModel(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		rapid.MakeFuzz(func(r *rapid.T) { compare(t, r) })(t, data)
	})
}
