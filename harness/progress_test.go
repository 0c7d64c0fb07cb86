package harness_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// output is a file or a terminal that several goroutines may write.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// slow is a scenario of 25 s: the owner works, the colleague waits for him at a barrier, the clerk for both.
func slow(t *testing.T, options ...harness.Option) {
	u := newUsers(t, options...)
	sc := u.Scenario("rename")
	b := sc.Barrier("both here", harness.BarrierTimeout(time.Minute))
	form := sc.Step(u.owner, "fills in the form", func(ctx context.Context, _ Gomega, _ sessions.Session) error {
		timer := time.NewTimer(25 * time.Second)
		defer timer.Stop()
		<-timer.C
		return b.Wait(ctx)
	}, harness.Meets(b))
	sc.Step(u.colleague, "waits", waitsAt(&b), harness.Meets(b))
	sc.Step(u.clerk, "reads", passes, harness.Requires(form))
	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestProgressInAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file output
		slow(t, harness.Progress(&file))
		want := `lockstep: rename: 0 of 3 done · owner in "fills in the form" (10s): idle · colleague in "waits" waits at barrier "both here" for owner (10s, 50s left) · clerk waits for step "fills in the form" of owner
lockstep: rename: 0 of 3 done · owner in "fills in the form" (20s): idle · colleague in "waits" waits at barrier "both here" for owner (20s, 40s left) · clerk waits for step "fills in the form" of owner
`
		if file.String() != want {
			t.Errorf("got:\n%s\nwant:\n%s", file.String(), want)
		}
	})
}

func TestProgressOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var terminal output
		slow(t, harness.LiveProgress(&terminal, 40))
		lines := strings.Split(terminal.String(), "\r\033[K")
		// The first after a moment, then ten each second, and at the end the line is emptied.
		if lines[0] != "" || lines[len(lines)-1] != "" || len(lines) < 247 || len(lines) > 252 {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		if got, want := lines[1], `rename: 0 of 3 done · owner in "fills …`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAShortRunShowsNothing(t *testing.T) {
	var terminal output
	u := newUsers(t, harness.LiveProgress(&terminal, 80))
	one(t, u, passes)
	if terminal.String() != "" {
		t.Errorf("%q", terminal.String())
	}
}
