package coexist

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// collisions are those by value, by pair, and by overlap.
func (t *text) collisions(s *Stage) {
	if s.Kinds[Collision] == 0 {
		return
	}
	t.line("  collisions: %s", ofAll(s.Kinds[Collision], s.Failed))
	shown := 0
	for _, v := range s.Values {
		if v.Collisions == 0 {
			continue
		}
		if shown++; shown > shownValues {
			t.line("    … and other values")
			break
		}
		t.value(&v)
	}
	t.line("    hint: %s", hint)
	t.line("  by pair of users:")
	for i, p := range s.Pairs {
		if i == shownPairs {
			t.line("    … and %s", counted(int64(len(s.Pairs)-i), "more pair"))
			break
		}
		t.line("    %q and %q: %s, over %s; both held them for %s before, in sum", p.Users[0], p.Users[1], counted(p.Failures, "failure"), valuesOf(p.Values), took(p.Together))
	}
	t.line("  by overlap in time (%s in all):", counted(s.Overlaps, "overlap"))
	for i, o := range s.Spans {
		if i == shownSpans {
			t.line("    … and %s", counted(int64(len(s.Spans)-i), "more overlap"))
			break
		}
		to := "to the end"
		if o.To != nil {
			to = "to " + at(*o.To)
		}
		t.line("    %s %s: %s, %d holders at most: %s of %s", at(o.From), to, o.Value, o.Most, counted(o.Failures, "failure"), names(o.Users))
	}
}

// hint says what may help against collisions.
const hint = "a value that one user may have at a time needs the policy lease, queue or uniqueBlock, and one feeder for all who use it; " +
	"if the system is to let users share it, the failures are the system's"

// value is a value over which users collided.
func (t *text) value(v *Value) {
	t.line("    over %s, feeder %s: %s", v.Value, quoted(v.Feeders), counted(v.Collisions, "collision"))
	t.line("      iterations that shared it: %s; that had it alone: %s", share(v.Sharing.Shared, v.Sharing.SharedFailed), share(v.Sharing.Alone, v.Sharing.AloneFailed))
	if other := v.Collisions - v.Only; other > 0 {
		t.line("      another value was shared, too, in %s of them", counted(other, "failure"))
	}
	f := v.First
	t.line("      first: %q in iteration %d at %s: %s", f.User, f.Iteration, at(f.At), indentedBy(f.Message, 6))
	for _, in := range f.Values {
		if in.Value != v.Value {
			continue
		}
		t.line("        it had the value since %s", at(in.Since))
		for i, other := range in.Holders {
			if i == shownHolders {
				break
			}
			t.line("        %s", other)
		}
		if more := len(in.Holders) - shownHolders + in.More; more > 0 && len(in.Holders) > shownHolders || in.More > 0 {
			t.line("        and %d more", more)
		}
	}
	t.WriteString(v.Timeline.draw("      "))
}

func (h Holder) String() string {
	during := ""
	if h.Iteration > 0 {
		during = fmt.Sprintf(" in iteration %d", h.Iteration)
	}
	if h.To == nil {
		return fmt.Sprintf("%q%s held it at that moment, since %s: both had it for %s", h.User, during, at(h.From), took(h.Together))
	}
	return fmt.Sprintf("%q%s held it from %s to %s: both had it for %s", h.User, during, at(h.From), at(*h.To), took(h.Together))
}

// apart are the failures that data do not explain.
func (t *text) apart(s *Stage) {
	if n := s.Kinds[Apart]; n > 0 {
		t.line("  no other user held what they had: %s", ofAll(n, s.Failed))
		for i, f := range s.of(Apart) {
			if i == shownMessages {
				t.line("    …")
				break
			}
			t.line("    %q in iteration %d at %s: %s", f.User, f.Iteration, at(f.At), indentedBy(f.Message, 4))
			for _, in := range f.Values {
				t.line("      no other user held %s%s", in.Value, in.Before.before())
			}
		}
	}
	if n := s.Kinds[NoValue]; n > 0 {
		t.line("  without any value: %s", ofAll(n, s.Failed))
	}
	if n := s.Kinds[OutOfValues]; n > 0 {
		t.line("  because there was no value: %s", ofAll(n, s.Failed))
	}
}

func (h *Holder) before() string {
	if h == nil {
		return "; who had it before, if anybody, is not known"
	}
	return fmt.Sprintf("; %q gave it back at %s", h.User, at(*h.To))
}

func (s *Stage) of(kind Kind) (list []*Failure) {
	for _, f := range s.Failures {
		if f.Kind == kind {
			list = append(list, f)
		}
	}
	return list
}

// valuesOf has those with most failures first.
func valuesOf(values map[string]int64) string {
	list := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b))
	})
	return listed(list, 3)
}

func names(users []string) string {
	all := make([]string, len(users))
	for i, u := range users {
		all[i] = fmt.Sprintf("%q", u)
	}
	return listed(all, shownHolders)
}
