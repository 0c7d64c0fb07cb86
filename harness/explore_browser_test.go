package harness_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// polls asks the page for what never comes.
func polls(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Eventually(func() (string, error) { return s.Text(ctx, "#news") }).WithTimeout(2 * time.Second).Should(Equal("good"))
}

func looks(ctx context.Context, _ Gomega, s *sessions.Browser) error {
	_, err := s.Visible(ctx, "#gone")
	return err
}

// A body that polls a page at rest waits for somebody else; where nobody can change it, all are let go and it says itself what
// is wrong.
func TestAPageThatNobodyChanges(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{})
	sc := w.Scenario("polls")
	sc.Step(w.owner, "polls", polls)
	sc.Step(w.colleague, "looks", looks)
	result := sc.Explore(t.Context(), harness.Exhaustive(), harness.PointLimit(time.Second), harness.Replays(-1))
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	wantText(t, strings.Join(result.Failures[0].Errors, "\n"), "all sessions wait for each other", `"owner" waits for its page`, `owner: step "polls" failed`)
}

// A browser that dies ends the exploration, and is named.
func TestABrowserThatDiesInASchedule(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{})
	sc := w.Scenario("dies")
	sc.Step(w.owner, "dies", func(ctx context.Context, _ Gomega, s *sessions.Browser) error {
		s.Page().Raw().(*browsertest.Page).Crash()
		return looks(ctx, nil, s)
	})
	sc.Step(w.colleague, "looks", looks)
	err := sc.Explore(t.Context(), harness.Exhaustive(), harness.PointLimit(5*time.Second)).Err()
	if !errors.Is(err, browser.ErrCrashed) || !strings.Contains(err.Error(), "owner") {
		t.Error(err)
	}
}
