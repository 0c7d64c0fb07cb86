package harness_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/schedule"
)

func TestExploreFindsMinimisesAndKeepsACheckThenAct(t *testing.T) {
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), options...)
	golden(t, "explore", strings.ReplaceAll(result.String(), c.artifacts, "<tmp>"))
	f := result.Failures[0]
	if f.Unstable != "" || !f.Minimal || !f.Forcing || len(f.Constraints) != 2 {
		t.Errorf("%+v", f)
	}
	var names []string
	for _, file := range f.Files {
		names = append(names, filepath.Base(file))
	}
	for _, want := range []string{"failure.json", "failure.svg", "owner.har", "colleague.har"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %v", want, names)
		}
	}
	if err := result.Err(); err == nil || err.Error() != result.String() {
		t.Error(err)
	}
}

func TestExploreIsSilentOnTheSoundTwin(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), append(options, harness.Twice())...)
	if err := result.Err(); err != nil || !result.Complete || result.Shown != "all 4 orders that can differ, of 20" {
		t.Error(result)
	}
	NewWithT(t).Expect(result).To(harness.HoldInEverySchedule())
}

// Every strategy finds it, and says with what seed.
func TestStrategies(t *testing.T) {
	for name, strategy := range map[string]harness.Strategy{
		"PCT of depth 2, seed 42": harness.PCT(2), "POS, seed 42": harness.POS(), "random, seed 42": harness.RandomOrder(), "exhaustive": harness.Exhaustive(),
	} {
		app := newTill(t, false)
		c := newClients(t, app.URL)
		sc, options := c.voucher(app)
		result := sc.Explore(t.Context(), strategy, append(options, harness.Replays(-1))...)
		if len(result.Failures) != 1 || result.Strategy != name || result.Failures[0].Words != "" {
			t.Error(result)
		}
	}
}

// Two sessions of three requests have 20 orders, and each is replayed as it was.
func TestAllOrders(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("three and three")
	sc.Step(c.owner, "sends", sends("/note/a", "/note/b", "/note/c"))
	sc.Step(c.colleague, "sends", sends("/note/x", "/note/y", "/note/z"))
	orders := map[string]bool{}
	note := harness.Invariant("each order is new", func(context.Context) error {
		app.mu.Lock()
		defer app.mu.Unlock()
		order := strings.Join(app.order, "")
		if orders[order] {
			return fmt.Errorf("%s was there before", order)
		}
		orders[order] = true
		return nil
	})
	at := harness.At(harness.Requests)
	result := sc.Explore(t.Context(), harness.Exhaustive(), at, patient(), harness.Before(app.fresh), note)
	if result.Err() != nil || result.Shown != "all 20 orders" || len(orders) != 20 {
		t.Fatalf("%s\n%v", result, orders)
	}
	for _, order := range []string{"xayzbc", "abcxyz", "xyzabc"} {
		var long schedule.Schedule
		for _, letter := range order {
			session := "owner"
			if letter > 'm' {
				session = "colleague"
			}
			long = append(long, schedule.Point{Session: session, What: "POST /note/" + string(letter), Nth: 1})
		}
		got := harness.Invariant("it is as demanded", func(context.Context) error {
			if made := strings.Join(app.order, ""); made != order {
				return errors.New(made)
			}
			return nil
		})
		result := sc.Replay(t.Context(), long.String(), at, patient(), harness.Before(app.fresh), got, harness.Times(10))
		if result.Err() != nil || result.Schedules != 10 {
			t.Errorf("%s", result)
		}
	}
}

// Responses are points, too; with every order, whatever commutes is tried both ways.
func TestResponsesAndEveryOrder(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("one and one")
	look := func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		_, err := s.Get(ctx, "/vouchers/17")
		return err
	}
	sc.Step(c.owner, "looks", look)
	sc.Step(c.colleague, "looks", look)
	at := harness.At(harness.Requests | harness.Responses)
	for want, more := range map[string]harness.ExploreOption{"all 1 order that can differ, of 6": at, "all 6 orders": harness.EveryOrder()} {
		result := sc.Explore(t.Context(), harness.Exhaustive(), at, more, patient(), harness.Before(app.fresh))
		if result.Err() != nil || result.Shown != want || result.Points != 4*result.Schedules {
			t.Errorf("%s; want %s", result, want)
		}
	}
}

// What comes before all steps that can meet runs unscheduled, what comes after them passes.
func TestWhatCounts(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("parts")
	opened := sc.Precondition(c.owner, "opens", sends("/note/before"))
	one := sc.Step(c.owner, "sends", sends("/note/a"), harness.Requires(opened))
	one.Precondition(c.owner, "gets ready", sends("/note/ready"))
	other := sc.Step(c.colleague, "sends", sends("/note/x"))
	sc.Step(c.owner, "looks", sends("/note/after"), harness.Requires(one, other))
	result := sc.Explore(t.Context(), harness.Exhaustive(), patient(), harness.Before(app.fresh))
	if result.Err() != nil || result.Shown != "all 2 orders that can differ, of 6" || result.Points != 8 {
		t.Error(result)
	}
	result = sc.Explore(t.Context(), harness.Exhaustive(), patient(), harness.Before(app.fresh), harness.From(opened))
	if result.Err() != nil || result.Points/result.Schedules != 10 {
		t.Error(result)
	}
}

// Sessions that meet at a barrier wait for each other without holding up the schedule.
func TestBarriersUnderASchedule(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("meets")
	ready := sc.Barrier("ready")
	meets := func(path string) func(context.Context, Gomega, *sessions.HTTP) error {
		return func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
			if err := sends(path)(ctx, g, s); err != nil {
				return err
			}
			if err := ready.Wait(ctx); err != nil {
				return err
			}
			return sends(path)(ctx, g, s)
		}
	}
	sc.Step(c.owner, "meets", meets("/note/a"), harness.Meets(ready))
	sc.Step(c.colleague, "meets", meets("/note/x"), harness.Meets(ready))
	for want, at := range map[string]harness.Granularity{"all 4 orders": harness.Requests, "all 4 orders that can differ, of": harness.Requests | harness.Barriers} {
		result := sc.Explore(t.Context(), harness.Exhaustive(), harness.At(at), patient(), harness.Before(app.fresh))
		if result.Err() != nil || !strings.HasPrefix(result.Shown, want) {
			t.Errorf("%s; want %s", result, want)
		}
	}
}

// A body that fails is a failure of the schedule.
func TestABodyThatFails(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("redeems")
	gets := func(ctx context.Context, g Gomega, s *sessions.HTTP) {
		answer, err := s.Do(ctx, http.MethodPost, "/vouchers/17/redeem", nil, nil)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(answer.Status).To(Equal(200))
	}
	sc.Step(c.owner, "redeems", gets)
	sc.Step(c.colleague, "looks", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		_, err := s.Do(ctx, http.MethodPost, "/vouchers/17/redeem", nil, nil)
		return err
	})
	result := sc.Explore(t.Context(), harness.Exhaustive(), patient(), harness.Before(app.fresh))
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	f := result.Failures[0]
	wantText(t, f.Errors[0], `owner: step "redeems" failed`, "409")
	wantText(t, f.Diagram, `step "redeems" failed`, "POST /vouchers/{id}/redeem: 409")
	if f.Words != "colleague POST /vouchers/{id}/redeem before owner POST /vouchers/{id}/redeem" {
		t.Error(f.Words)
	}
}

// stubborn never answers POST /hang.
func stubborn(t *testing.T) string {
	mux := http.NewServeMux()
	gone := make(chan struct{})
	mux.HandleFunc("POST /hang", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-gone:
		}
	})
	mux.HandleFunc("/", greet)
	url := serve(t, mux)
	t.Cleanup(func() { close(gone) })
	return url
}

func TestARequestThatIsNeverAnswered(t *testing.T) {
	c := newClients(t, stubborn(t))
	sc := c.Scenario("hangs")
	sc.Step(c.owner, "asks", sends("/hang"))
	sc.Step(c.colleague, "asks, too", sends("/quick"))
	began := time.Now()
	result := sc.Explore(t.Context(), harness.Exhaustive(), harness.PointLimit(500*time.Millisecond))
	stuck, ok := errors.AsType[*schedule.StuckError](result.Err())
	if !ok || fmt.Sprint(stuck.Late) != "[owner]" || time.Since(began) > 10*time.Second {
		t.Fatal(result.Err())
	}
	wantText(t, result.Stopped, `"owner"`, "POST /hang waits for its server for", "at the gateway of owner: POST /hang")
}

func TestExploreIsCancelled(t *testing.T) {
	c := newClients(t, stubborn(t))
	sc := c.Scenario("hangs")
	sc.Step(c.owner, "asks", sends("/hang"))
	sc.Step(c.colleague, "asks, too", sends("/quick"))
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	result := sc.Explore(ctx, harness.Exhaustive(), patient(), harness.Before(func(context.Context, int) error {
		time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
		return nil
	}))
	if !errors.Is(result.Err(), why) {
		t.Error(result)
	}
}

func TestASessionThatDiesInASchedule(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("dies")
	sc.Step(c.owner, "ends itself", func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		if err := sends("/note/a")(ctx, g, s); err != nil {
			return err
		}
		return s.Close(ctx)
	})
	sc.Step(c.colleague, "sends", sends("/note/x"))
	result := sc.Explore(t.Context(), harness.Exhaustive(), patient())
	if err := result.Err(); err == nil || !strings.Contains(err.Error(), "owner") || len(result.Failures) > 0 {
		t.Error(result)
	}
}

func TestBeforeAndPreconditionsThatFail(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("not ready")
	ready := sc.Precondition(c.owner, "is ready", func(context.Context, Gomega, *sessions.HTTP) error { return errBroken })
	sc.Step(c.owner, "sends", sends("/note/a"), harness.Requires(ready))
	sc.Step(c.colleague, "sends", sends("/note/x"))
	err := sc.Explore(t.Context(), harness.Exhaustive(), patient()).Err()
	if err == nil || !strings.Contains(err.Error(), `what comes before the first point did not pass: owner: precondition "is ready" failed: the list is empty`) {
		t.Error(err)
	}
	err = sc.Explore(t.Context(), harness.Exhaustive(), harness.Before(func(context.Context, int) error { return errBroken })).Err()
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "before schedule 1") {
		t.Error(err)
	}
}

// What differs from run to run is told.
func TestTwice(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("moody")
	n := 0
	sc.Step(c.owner, "sends", func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		n++
		return sends(fmt.Sprintf("/note/a%d", min(n, 3)))(ctx, g, s)
	})
	sc.Step(c.colleague, "looks", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		_, err := s.Get(ctx, "/vouchers/17")
		return err
	})
	result := sc.Explore(t.Context(), harness.RandomOrder(), harness.Schedules(1), harness.Twice(), patient())
	if result.Err() == nil || !strings.Contains(result.Nondeterminism, "differs at point") {
		t.Error(result)
	}
}

// A tenant of its own for each schedule is as good as a reset.
func TestAFreshTenantForEachSchedule(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	tenant := 0
	sc := c.Scenario("tenants")
	notes := func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		return sends(fmt.Sprintf("/note/%s-%d", s.Name(), tenant))(ctx, g, s)
	}
	sc.Step(c.owner, "notes", notes)
	sc.Step(c.colleague, "notes", notes)
	result := sc.Explore(t.Context(), harness.Exhaustive(), patient(), harness.Named("/note/{what}"),
		harness.Before(func(_ context.Context, n int) error { tenant = n; return nil }))
	if result.Err() != nil || !strings.HasPrefix(result.Shown, "all 2 orders") || len(app.order) != 2*result.Schedules {
		t.Error(result, app.order)
	}
}

// Where the failure was settled: not before both have looked.
func TestPrefixes(t *testing.T) {
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), append(options, harness.Prefixes(10))...)
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	wantText(t, result.Failures[0].Fate, " 100 %  colleague GET /vouchers/{id}#1  <- inevitable", "10 runs for each")
	wantText(t, result.String(), "how often it failed")
}

// A session that can no longer come to a barrier fails who waits there, and holds up nobody.
func TestAMeetingThatCannotBe(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc := c.Scenario("waits for what does not come")
	ready := sc.Barrier("ready", harness.BarrierTimeout(time.Second))
	waits := func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		if answer, err := s.Do(ctx, http.MethodPost, "/vouchers/17/redeem", nil, nil); err != nil || answer.Status == http.StatusConflict {
			return err
		}
		return ready.Wait(ctx)
	}
	sc.Step(c.owner, "waits", waits, harness.Meets(ready))
	sc.Step(c.colleague, "waits, too", waits, harness.Meets(ready))
	result := sc.Explore(t.Context(), harness.Exhaustive(), harness.PointLimit(500*time.Millisecond), harness.Before(app.fresh), harness.Replays(-1))
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	wantText(t, strings.Join(result.Failures[0].Errors, "\n"), `barrier "ready"`)
}
