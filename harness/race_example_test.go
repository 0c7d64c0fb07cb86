package harness_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// shop takes a voucher once: it looks whether that was redeemed, works out the discount, and then redeems it.
type shop struct {
	*httptest.Server
	redeemed atomic.Int32
}

func newShop() (*exampleT, *shop) {
	s := &shop{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /redeem", func(w http.ResponseWriter, _ *http.Request) {
		if s.redeemed.Load() > 0 {
			w.WriteHeader(http.StatusConflict)
			return
		}
		hash(window)
		s.redeemed.Add(1)
	})
	s.Server = httptest.NewServer(mux)
	return &exampleT{fakeT{name: "example"}}, s
}

func ExampleScenario_Race() {
	t, shop := newShop()
	folder, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(folder)
	defer shop.Close()
	defer t.end() // a real test does this by itself

	h := harness.New(t, harness.BaseURL(shop.URL), harness.Artifacts(folder))
	owner, colleague := h.HTTP("owner", harness.WithGateway()), h.HTTP("colleague", harness.WithGateway())

	sc := h.Scenario("a voucher for two")
	redeem := harness.Marks(gateway.Match{Method: "POST", Path: "/redeem"})
	race := sc.Race(
		sc.Step(owner, "redeems the voucher", posts("/redeem"), redeem),
		sc.Step(colleague, "redeems it, too", posts("/redeem"), redeem),
	).Before(func(context.Context, int) error {
		shop.redeemed.Store(0)
		return nil
	}).Invariant("a voucher is redeemed once", func(context.Context) error {
		if shop.redeemed.Load() > 1 {
			return errors.New("it was redeemed twice")
		}
		return nil
	})

	result := race.Repeat(context.Background(), harness.Rounds{N: 100, UntilViolated: true})
	for _, round := range result.Released.List {
		for _, violation := range round.Violations {
			fmt.Println(violation)
		}
	}
	// Output: a voucher is redeemed once: it was redeemed twice
}
