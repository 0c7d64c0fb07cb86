package barriertest

import (
	"errors"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sync/barrier"
)

// broken fails the test unless err is a BrokenError that can be told by all the means that are promised.
func (f *fixture) broken(party string, err error) *barrier.BrokenError {
	f.Helper()
	broken, ok := errors.AsType[*barrier.BrokenError](err)
	if !ok || !errors.Is(err, barrier.ErrBroken) {
		f.Fatalf("%s: error %v, want a BrokenError", party, err)
	}
	if broken.Barrier != "meeting" || broken.Reason == nil || !errors.Is(err, broken.Reason) {
		f.Errorf("%s: barrier %q, reason %v", party, broken.Barrier, broken.Reason)
	}
	return broken
}

// refused fails the test unless err is a RefusedError for that reason.
func (f *fixture) refused(party string, err, reason error) {
	f.Helper()
	refused, ok := errors.AsType[*barrier.RefusedError](err)
	if !ok || !errors.Is(err, reason) || errors.Is(err, barrier.ErrBroken) {
		f.Fatalf("%s: error %v, want a RefusedError: %v", party, err, reason)
	}
	if refused.Barrier != "meeting" || refused.Party != party {
		f.Errorf("barrier %q refused %q", refused.Barrier, refused.Party)
	}
}

// left fails the test unless the barrier broke because the party left.
func (f *fixture) left(err *barrier.BrokenError, party, reason string) {
	f.Helper()
	left, ok := errors.AsType[*barrier.LeftError](err.Reason)
	if !ok || !errors.Is(err, barrier.ErrLeft) || errors.Is(err, barrier.ErrTimeout) {
		f.Fatalf("reason %v, want that %s left", err.Reason, party)
	}
	if left.Party != party || !strings.Contains(text(left.Reason), reason) {
		f.Errorf("%s left with reason %v, want %s with %q", left.Party, left.Reason, party, reason)
	}
}

// whoIs fails the test unless those are the parties, each as "a", or as "a left" or "a left: why" among the missing.
func (f *fixture) whoIs(arrived []barrier.Present, missing []barrier.Absent, wantArrived, wantMissing string) {
	f.Helper()
	var here, gone []string
	for _, p := range arrived {
		here = append(here, p.Party)
		if p.Ago < 0 {
			f.Errorf("%s arrived %v ago", p.Party, p.Ago)
		}
	}
	for _, m := range missing {
		switch {
		case m.Reason != nil:
			gone = append(gone, m.Party+" left: "+m.Reason.Error())
		case m.Left:
			gone = append(gone, m.Party+" left")
		default:
			gone = append(gone, m.Party)
		}
	}
	if got := strings.Join(here, ", "); got != wantArrived {
		f.Errorf("arrived: %s; want: %s", got, wantArrived)
	}
	if got := strings.Join(gone, ", "); got != wantMissing {
		f.Errorf("missing: %s; want: %s", got, wantMissing)
	}
	if !slices.IsSortedFunc(arrived, func(a, b barrier.Present) int { return int(b.Ago - a.Ago) }) {
		f.Errorf("not in the order of arrival: %v", arrived)
	}
}

func (f *fixture) phase(b Barrier, want barrier.Phase) {
	f.Helper()
	if s := b.State(); s.Phase != want || (s.Broken != nil) != (want == barrier.Broken) {
		f.Errorf("phase %v with error %v, want %v", s.Phase, s.Broken, want)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
