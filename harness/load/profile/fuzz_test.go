package profile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/harness/load/profile"
)

// FuzzParse: any text is a profile that its String gives again and whose plan is in order, or an error with a
// place in the text.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		openProfileText, openProfileMinutes, closedProfileText, levelsText, concurrentLevelsText,
		"inject(atOnceUsers(1)).noShard()", "nothingFor(1m30.5s)", "constantUsersPerSec(0.000000001).during(365.days)",
		"rampUsers(10).during(-5)", "rampUsers(10", "ä(3µs)", "a.b.c(", "5", "//", "\xff(1)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := profile.Parse(text)
		if err != nil {
			bad, ok := errors.AsType[*profile.ParseError](err)
			if !ok {
				t.Fatalf("%T", err)
			}
			if lines := strings.Split(text, "\n"); bad.Line < 1 || bad.Line > len(lines) || bad.Column < 1 || bad.Column > len([]rune(lines[bad.Line-1]))+1 {
				t.Fatalf("line %d, column %d is no place in %q", bad.Line, bad.Column, text)
			}
			if !strings.HasSuffix(err.Error(), "^") {
				t.Fatalf("no caret:\n%v", err)
			}
			return
		}
		again, err := profile.Parse(p.String())
		if err != nil || !slices.Equal(again.Steps(), p.Steps()) || again.IsNoShard() != p.IsNoShard() {
			t.Fatalf("%q is read as %s, and that as %s, %v", text, p, again, err)
		}
		first := firstOf(p.Plan(1).Arrivals(), 1000)
		if len(first) != min(1000, p.Plan(1).Users()) || !slices.IsSorted(first) {
			t.Fatalf("%d arrivals of %d, sorted: %t", len(first), p.Plan(1).Users(), slices.IsSorted(first))
		}
		for target := range p.Plan(1).Targets() {
			if target.At < 0 || target.Users < 0 {
				t.Fatalf("%v", target)
			}
			break
		}
	})
}

// FuzzParseThrottle: any text is a throttle that its String gives again, or an error.
func FuzzParseThrottle(f *testing.F) {
	for _, text := range []string{"reachRps(100).in(10), holdFor(1.minute), jumpToRps(50), holdFor(2.hours)", "jumpToRps(0)", "holdFor(1), reachRps(0.5).in(3ms)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		th, err := profile.ParseThrottle(text)
		if err != nil {
			return
		}
		if again, err := profile.ParseThrottle(th.String()); err != nil || again.String() != th.String() {
			t.Fatalf("%q is read as %s, and that as %s, %v", text, th, again, err)
		}
		if at, ever := th.At(1); ever && (th.Allowed(at) < 1 || th.Allowed(at-1) > 0) {
			t.Fatalf("%s: At(1) = %d", th, at)
		}
	})
}
