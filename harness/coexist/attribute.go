package coexist

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// attribute says which values the user of a failure held, who else did, and so what kind of failure it is.
func (l *ledger) attribute(f *Failure, u *user, out bool) {
	held := u.held()
	var shared []*holding
	for _, h := range held {
		in := ValueInUse{Value: h.value.text, Feeder: h.feeder, Since: milliseconds(h.from)}
		if h.shared() {
			shared = append(shared, h)
			in.Holders, in.More = l.othersOf(h)
		} else {
			in.Before = l.before(h)
		}
		f.Values = append(f.Values, in)
	}
	switch {
	case out:
		f.Kind = OutOfValues
		return // it failed for want of a value, not over one that it had
	case len(shared) > 0:
		f.Kind = Collision
	case len(held) > 0:
		f.Kind = Apart
	default:
		f.Kind = NoValue
	}
	for _, h := range held {
		l.blame(h, f, slices.Contains(shared, h), len(shared) == 1)
	}
	l.pair(f)
}

// held are the holdings of the user in the order of the draws, of each value the first: it may have one by several feeders.
func (u *user) held() []*holding {
	first := map[*value]*holding{}
	for h := range u.holds {
		if other := first[h.value]; other == nil || h.drawn < other.drawn {
			first[h.value] = h
		}
	}
	return slices.SortedFunc(maps.Values(first), func(a, b *holding) int { return cmp.Compare(a.drawn, b.drawn) })
}

// othersOf are those who held the value of a holding beside its user, the latest first.
func (l *ledger) othersOf(h *holding) (others []Holder, more int) {
	now := time.Since(l.began)
	latest := map[string]*holding{}
	together := map[string]time.Duration{}
	consider := func(other *holding) {
		if other.user == h.user || !h.overlaps(other) {
			return
		}
		to := now
		if other.back > 0 {
			to = other.to
		}
		together[other.user] += max(to-max(h.from, other.from), 0)
		if last := latest[other.user]; last == nil || last.drawn < other.drawn {
			latest[other.user] = other
		}
	}
	for _, other := range h.value.recent {
		consider(other)
	}
	for other := range h.value.present {
		consider(other)
	}
	list := slices.SortedFunc(maps.Values(latest), func(a, b *holding) int { return cmp.Compare(b.drawn, a.drawn) })
	if len(list) > maxOthers {
		list, more = list[:maxOthers], len(list)-maxOthers
	}
	for _, other := range list {
		others = append(others, Holder{Span: other.span(), Together: milliseconds(together[other.user])})
	}
	return others, more
}

// before is who of the others held the value last, nil if nobody is known.
func (l *ledger) before(h *holding) *Holder {
	for _, other := range slices.Backward(h.value.recent) {
		if other.user != h.user {
			return &Holder{Span: other.span()}
		}
	}
	return nil
}

func (h *holding) span() Span {
	s := Span{User: h.user, Iteration: h.iteration, From: milliseconds(h.from)}
	if h.back > 0 {
		to := milliseconds(h.to)
		s.To = &to
	}
	return s
}

// blame counts a failure for a value that was held.
func (l *ledger) blame(h *holding, f *Failure, shared, only bool) {
	v := h.value
	if v.blamed == nil && len(l.blamed) == maxBlamed {
		l.leftOut++
		return
	}
	if v.blamed == nil {
		v.blamed = newBlame(h, f)
		l.blamed = append(l.blamed, v)
	}
	b := v.blamed
	if len(b.story) < maxStory || slices.Contains(b.story, h) {
		b.failed = append(b.failed, Mark{User: f.User, At: f.At})
	}
	if !shared {
		b.apart++
		return
	}
	if b.collisions == 0 {
		b.first = f // rather than one that nobody else had to do with
	}
	b.collisions++
	if only {
		b.only++
	}
	l.blameOverlap(v.overlap, f)
}

// newBlame begins the story of a value with its first failure, those who held it meanwhile, and a few before.
func newBlame(h *holding, f *Failure) *blame {
	b := &blame{first: f}
	b.tell(h)
	past := h.value.recent
	for _, other := range past[max(0, len(past)-maxStory/4):] {
		b.tell(other)
	}
	for other := range h.value.present {
		if other != h {
			b.tell(other)
		}
	}
	slices.SortFunc(b.story, func(a, b *holding) int { return cmp.Compare(a.drawn, b.drawn) })
	return b
}

// blameOverlap counts a failure for the time in which a value had several holders. It is the value's latest: the failing user holds
// the value still, so that any later one would be with it.
func (l *ledger) blameOverlap(o *overlap, f *Failure) {
	if o.users == nil && len(l.spans) == maxBlamed {
		return
	}
	if o.users == nil {
		o.users = map[string]struct{}{}
		l.spans = append(l.spans, o)
	}
	o.failures++
	o.users[f.User] = struct{}{}
	for _, in := range f.Values {
		for _, other := range in.Holders {
			if in.Value == o.value.text {
				o.users[other.User] = struct{}{}
			}
		}
	}
}

// pair counts a collision for each pair of users, once for each other user however many values they shared.
func (l *ledger) pair(f *Failure) {
	if f.Kind != Collision {
		return
	}
	if l.pairs == nil {
		l.pairs = map[[2]string]*Pair{}
	}
	counted := map[string]bool{}
	for _, in := range f.Values {
		for _, other := range in.Holders {
			key := [2]string{min(f.User, other.User), max(f.User, other.User)}
			p := l.pairs[key]
			if p == nil && len(l.pairs) == maxPairs {
				continue
			}
			if p == nil {
				p = &Pair{Users: key, Values: map[string]int64{}}
				l.pairs[key] = p
			}
			p.Values[in.Value]++
			p.Together += other.Together
			if !counted[other.User] {
				counted[other.User] = true
				p.Failures++
			}
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// validBefore is the beginning of a text, in at most that many bytes.
func validBefore(text string, bytes int) string { return strings.ToValidUTF8(text[:bytes], "") }
