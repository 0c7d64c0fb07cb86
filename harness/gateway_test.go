package harness_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

func greet(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// TestGatewaysOfARun checks that a run lets go what its bodies left held, and tells of rules that never matched without
// changing the outcome.
func TestGatewaysOfARun(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(greet))
	defer server.Close()
	u := newUsers(t, harness.BaseURL(server.URL))
	visitor := u.HTTP("visitor", harness.WithGateway())
	answered := make(chan error, 1)
	sc := u.Scenario("leaves things behind")
	sc.Step(visitor, "holds its own request", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		if _, err := s.Get(ctx, "/login"); err != nil {
			return err
		}
		if _, err := s.Gateway().Hold(gateway.Match{Method: "DELETE"}); err != nil {
			return err
		}
		rule, err := s.Gateway().Hold(gateway.Match{Path: "/kept"})
		if err != nil {
			return err
		}
		go func() { _, err := s.Get(context.WithoutCancel(ctx), "/kept"); answered <- err }()
		_, err = rule.Held(ctx)
		return err
	})
	result := sc.Run(t.Context())
	if err := <-answered; err != nil {
		t.Errorf("what was held: %v", err)
	}
	if result.Outcome != harness.Passed || len(result.Problems) != 1 ||
		!strings.HasPrefix(result.Problems[0], "the rule DELETE at the gateway of visitor never matched; it saw GET /kept") {
		t.Errorf("%s\n%q", result.Outcome, result.Problems)
	}
}

// TestARunThatFailsTellsWhatIsHeld checks that it is named before it is let go.
func TestARunThatFailsTellsWhatIsHeld(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(greet))
	defer server.Close()
	u := newUsers(t, harness.BaseURL(server.URL))
	visitor := u.HTTP("visitor", harness.WithGateway())
	answered := make(chan error, 1)
	sc := u.Scenario("fails while it holds")
	sc.Step(visitor, "holds its own request", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		rule, err := s.Gateway().Hold(gateway.Match{})
		if err != nil {
			return err
		}
		go func() { _, err := s.Get(context.WithoutCancel(ctx), "/kept"); answered <- err }()
		if _, err = rule.Held(ctx); err != nil {
			return err
		}
		return errBroken
	})
	result := sc.Run(t.Context())
	if err := <-answered; err != nil {
		t.Errorf("what was held: %v", err)
	}
	if len(result.Problems) != 1 || !strings.HasPrefix(result.Problems[0], "when the run ended, the gateway of visitor still had GET /kept held for ") {
		t.Errorf("%q", result.Problems)
	}
}

// TestStepsAndRequestsShareASequence checks that the record of a gateway can be put between the steps.
func TestStepsAndRequestsShareASequence(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(greet))
	defer server.Close()
	u := newUsers(t, harness.BaseURL(server.URL))
	visitor := u.HTTP("visitor", harness.WithGateway())
	var seen []gateway.Exchange
	sc := u.Scenario("two visits")
	visit := func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		_, err := s.Get(ctx, "/")
		seen = s.Gateway().Record()
		return err
	}
	first := sc.Step(visitor, "once", visit)
	second := sc.Step(visitor, "twice", visit, harness.Requires(first))
	result := sc.Run(t.Context())
	order := []int{
		result.Record(first).Started.Seq, int(seen[0].Out.Seq), int(seen[0].Sent.Seq), result.Record(first).Ended.Seq,
		result.Record(second).Started.Seq, int(seen[1].Out.Seq), int(seen[1].Sent.Seq), result.Record(second).Ended.Seq,
	}
	for i := range order[1:] {
		if order[i] >= order[i+1] {
			t.Errorf("the numbers are %v", order)
		}
	}
	if result.Err() != nil || len(seen) != 2 || seen[0].Number != 1 {
		t.Errorf("%v, %+v", result.Err(), seen)
	}
}

func TestWhoHasAGateway(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{})
	direct, clerk := w.Browser("direct", harness.WithoutGateway()), w.HTTP("clerk")
	sc := w.Scenario("who")
	has := func(want bool) func(context.Context, Gomega, sessions.Session) error {
		return func(_ context.Context, g Gomega, s sessions.Session) error {
			made := s.(interface{ Gateway() *gateway.Gateway }).Gateway()
			g.Expect(made != nil).To(Equal(want), "of "+s.Name())
			if made != nil {
				g.Expect(made.Session()).To(Equal(s.Name()))
			}
			return nil
		}
	}
	sc.Step(w.owner, "has one", has(true))
	sc.Step(w.colleague, "has another", has(true))
	sc.Step(direct, "has none", has(false))
	sc.Step(clerk, "has none", has(false))
	if result := sc.Run(t.Context()); result.Outcome != harness.Passed {
		t.Error(result)
	}
}

func TestGatewayOptionsThatDoNotFit(t *testing.T) {
	w := newWindows(t, &browsertest.Driver{}, harness.KeepBodies(-1))
	w.Browser("clerk", harness.WithGateway())
	w.HTTP("robot", harness.WithoutGateway())
	sc := w.Scenario("none")
	sc.Step(w.owner, "never", passes)
	err := sc.Run(t.Context()).Err()
	for _, want := range []string{
		"the harness keeps -1 bytes of bodies", "the harness has Pool, and KeepBodies beside it",
		`session "clerk" has a gateway by itself: it is of kind browser`, `session "robot" has no gateway by itself: it is of kind http`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
}

// TestTLSAndBodiesReachAllSessions checks that a test server's own authority is trusted with and without a gateway, and by
// nobody who was not told.
func TestTLSAndBodiesReachAllSessions(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(greet))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that does not trust it is no news
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	visits := func(u *users) *harness.Result {
		sc := u.Scenario("visits")
		sc.Step(u.HTTP("direct"), "directly", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
			_, err := s.Get(ctx, "/")
			return err
		})
		sc.Step(u.HTTP("visitor", harness.WithGateway()), "through a gateway", func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
			_, err := s.Get(ctx, "/")
			if err == nil {
				g.Expect(string(s.Gateway().Record()[0].ResponseBody)).To(Equal("hel"))
			}
			return err
		})
		return sc.Run(t.Context())
	}
	if result := visits(newUsers(t, harness.BaseURL(server.URL), harness.TLS(config), harness.KeepBodies(3))); result.Outcome != harness.Passed {
		t.Error(result)
	}
	result := visits(newUsers(t, harness.BaseURL(server.URL)))
	for _, record := range result.Records {
		if record.Outcome != harness.Failed || !strings.Contains(record.Err().Error(), "unknown authority") {
			t.Errorf("%s: %s, %v", record.Session, record.Outcome, record.Err())
		}
	}
}
