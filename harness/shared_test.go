package harness_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/vars"
)

func TestSessionsOfARunShareItsVariables(t *testing.T) {
	h := harness.New(t)
	sc := h.Scenario("a number")
	for _, name := range []string{"owner", "colleague"} {
		sc.Step(h.HTTP(name), "counts", func(ctx context.Context, g gomega.Gomega, _ *sessions.HTTP) {
			_, err := harness.Vars(ctx).Delta(ctx, "COUNTER", 1)
			g.Expect(err).NotTo(gomega.HaveOccurred())
			_, err = harness.Vars(ctx).Await(ctx, "", "COUNTER", vars.AtLeast(2))
			g.Expect(err).NotTo(gomega.HaveOccurred())
		})
	}
	for range 2 { // each run has its own
		result := sc.Run(t.Context())
		if err := result.Err(); err != nil {
			t.Fatal(err)
		}
		if n, _ := result.Vars["COUNTER"].Int(); n != 2 {
			t.Errorf("%v", result.Vars)
		}
	}
}

func TestAStoreOfOnesOwn(t *testing.T) {
	store, err := vars.New(vars.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := harness.New(t, harness.RunVars(func(ctx context.Context) (vars.Store, error) {
		_, err := store.Set(ctx, "GREETING", "hello")
		return store, err
	}))
	sc := h.Scenario("greets")
	sc.Step(h.HTTP("owner"), "reads", func(ctx context.Context, g gomega.Gomega, _ *sessions.HTTP) {
		v, err := harness.Vars(ctx).Get(ctx, "GREETING")
		g.Expect(err).NotTo(gomega.HaveOccurred())
		g.Expect(v.String()).To(gomega.Equal(`"hello"`))
	})
	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Set(t.Context(), "X", 1); err != nil {
		t.Errorf("a store of somebody else's was ended: %v", err)
	}
}

func TestNoStore(t *testing.T) {
	h := harness.New(t, harness.RunVars(func(context.Context) (vars.Store, error) { return nil, errors.New("no such machine") }))
	sc := h.Scenario("greets")
	sc.Step(h.HTTP("owner"), "reads", func(context.Context, gomega.Gomega, *sessions.HTTP) {})
	if err := sc.Run(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "no such machine") {
		t.Error(err)
	}
}

func TestAFailureTellsTheVariables(t *testing.T) {
	h := harness.New(t)
	sc := h.Scenario("a failure")
	sc.Step(h.HTTP("owner"), "fails", func(ctx context.Context, _ gomega.Gomega, _ *sessions.HTTP) error {
		_, err := harness.Vars(ctx).Set(ctx, "PHONEBOOK", 17)
		return errors.Join(err, errors.New("not as it should be"))
	})
	result := sc.Run(t.Context())
	if text := result.String(); !strings.Contains(text, "run variables in the end:\n  PHONEBOOK = 17\n") {
		t.Error(text)
	}
	content, err := result.JSON()
	if err != nil || !strings.Contains(string(content), `"PHONEBOOK": 17`) {
		t.Errorf("%s, %v", content, err)
	}
}

// TestAwaitUnderASchedule: who waits for a variable lets the other move, and is not taken for somebody who never comes.
func TestAwaitUnderASchedule(t *testing.T) {
	h := harness.New(t)
	sc := h.Scenario("one after the other")
	sc.Step(h.HTTP("owner"), "makes it", func(ctx context.Context, _ gomega.Gomega, _ *sessions.HTTP) error {
		_, err := harness.Vars(ctx).Set(ctx, "PHONEBOOK", 17)
		return err
	})
	sc.Step(h.HTTP("colleague"), "waits for it", func(ctx context.Context, _ gomega.Gomega, _ *sessions.HTTP) error {
		_, err := harness.Vars(ctx).Await(ctx, "", "PHONEBOOK", vars.Present())
		return err
	})
	result := sc.Explore(t.Context(), harness.Exhaustive(), harness.At(harness.StepStarts), harness.PointLimit(20*time.Second))
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	if result.Schedules != 2 || !result.Complete {
		t.Error(result)
	}
}

func TestBodiesDrawTestData(t *testing.T) {
	accounts, err := data.New("accounts", data.Slice([]map[string]string{{"user": "ada"}, {"user": "ben"}}), data.Options{Policy: data.Lease})
	if err != nil {
		t.Fatal(err)
	}
	h := harness.New(t)
	sc := h.Scenario("two accounts")
	sc.Feeds(accounts)
	for _, name := range []string{"owner", "colleague"} {
		sc.Step(h.HTTP(name), "draws", func(ctx context.Context, g gomega.Gomega, _ *sessions.HTTP) error {
			row, err := harness.Draw(ctx, accounts)
			if err != nil {
				return err
			}
			_, err = harness.Vars(ctx).KeySet(ctx, "WHO", row.Value("user"), name)
			return err
		})
	}
	for range 3 { // the two come back after each run
		result := sc.Run(t.Context())
		if err := result.Err(); err != nil {
			t.Fatal(err)
		}
		if n := result.Vars["WHO"].Len(); n != 2 {
			t.Errorf("%v", result.Vars)
		}
	}
}

func TestTooLittleTestDataIsRefused(t *testing.T) {
	one, err := data.New("accounts", data.Slice([]map[string]string{{"user": "ada"}}), data.Options{Policy: data.Lease})
	if err != nil {
		t.Fatal(err)
	}
	h := harness.New(t)
	sc := h.Scenario("two sessions")
	sc.Feeds(one, nil)
	for i := range 2 {
		sc.Step(h.HTTP(fmt.Sprint("user ", i+1)), "draws", func(context.Context, gomega.Gomega, *sessions.HTTP) { t.Error("it was run") })
	}
	if err := sc.Run(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "Feeds has a feeder that is nil") {
		t.Error(err)
	}
	sc = h.Scenario("two sessions again")
	sc.Feeds(one)
	for i := range 2 {
		sc.Step(h.HTTP(fmt.Sprint("user ", i+3)), "draws", func(context.Context, gomega.Gomega, *sessions.HTTP) { t.Error("it was run") })
	}
	if err := sc.Run(t.Context()).Err(); !errors.Is(err, data.ErrNotEnough) {
		t.Error(err)
	}
}

func TestVarsAndDrawNeedTheContextOfABody(t *testing.T) {
	if _, err := harness.Draw(t.Context(), nil); !errors.Is(err, harness.ErrNoBody) {
		t.Error(err)
	}
	defer func() {
		if reason := fmt.Sprint(recover()); !strings.Contains(reason, harness.ErrNoBody.Error()) {
			t.Error(reason)
		}
	}()
	harness.Vars(t.Context())
}
