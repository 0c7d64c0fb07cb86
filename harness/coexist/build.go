package coexist

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// fill puts what the ledger knows into the stage. Users have ended, but for those that were left behind.
func (l *ledger) fill(s *Stage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := milliseconds(time.Since(l.began))
	s.Sharing = l.sharing()
	s.Iterations, s.Failed = l.shared+l.alone, l.sharedFailed+l.aloneFailed
	s.Kinds, s.Overlaps, s.Failures, s.LeftOut = l.kinds, l.overlaps, l.failures, l.leftOut
	for _, v := range l.blamed {
		s.Values = append(s.Values, v.result(end))
	}
	slices.SortStableFunc(s.Values, func(a, b Value) int {
		return cmp.Or(cmp.Compare(b.Collisions, a.Collisions), cmp.Compare(b.Apart, a.Apart), cmp.Compare(a.Value, b.Value))
	})
	for _, p := range l.pairs {
		s.Pairs = append(s.Pairs, *p)
	}
	slices.SortFunc(s.Pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), cmp.Compare(b.Together, a.Together), slices.Compare(a.Users[:], b.Users[:]))
	})
	for _, o := range l.spans {
		s.Spans = append(s.Spans, o.result())
	}
	slices.SortStableFunc(s.Spans, func(a, b OverlapSpan) int { return cmp.Compare(b.Failures, a.Failures) })
	for m, n := range l.messages {
		s.Messages = append(s.Messages, Message{m.kind, m.text, n})
	}
	slices.SortFunc(s.Messages, func(a, b Message) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text))
	})
	for _, name := range slices.Sorted(maps.Keys(l.ranOut)) {
		s.RanOut = append(s.RanOut, *l.ranOut[name])
	}
}

func (u *usage) sharing() Sharing {
	return Sharing{Shared: u.shared, SharedFailed: u.sharedFailed, Alone: u.alone, AloneFailed: u.aloneFailed}
}

func (v *value) result(end float64) Value {
	b := v.blamed
	return Value{
		Value: v.text, Feeders: v.feeders, Collisions: b.collisions, Only: b.only, Apart: b.apart, Sharing: v.sharing(), First: b.first,
		Timeline: b.timeline(end),
	}
}

// timeline is as long as the holdings that it has. One that goes on ends with the phase.
func (b *blame) timeline(end float64) Timeline {
	t := Timeline{Failed: b.failed}
	for i, h := range b.story {
		s := h.span()
		t.Spans = append(t.Spans, s)
		if i == 0 || s.From < t.From {
			t.From = s.From
		}
		to := end
		if s.To != nil {
			to = *s.To
		}
		t.To = max(t.To, to)
	}
	for _, m := range t.Failed {
		t.To = max(t.To, m.At)
	}
	return t
}

func (o *overlap) result() OverlapSpan {
	s := OverlapSpan{Value: o.value.text, From: milliseconds(o.from), Most: o.most, Failures: o.failures, Users: slices.Sorted(maps.Keys(o.users))}
	if o.over {
		to := milliseconds(o.to)
		s.To = &to
	}
	return s
}
