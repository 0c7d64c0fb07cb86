package first_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

// shop takes a voucher once. It looks, has it paid, and remembers; only the sound one lets nobody come between.
type shop struct {
	sound bool
	bank  string
	mu    sync.Mutex // of the sound shop
	used  sync.Map   // voucher to how often: *int
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	times, _ := s.used.LoadOrStore(r.URL.Path, &ledger{})
	if r.Method != http.MethodPost {
		_, _ = io.WriteString(w, `<h1>voucher</h1><form method="post"><button>redeem</button></form>`)
		return
	}
	if s.sound {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	if times.(*ledger).count() > 0 {
		http.Error(w, "used already", http.StatusConflict)
		return
	}
	if response, err := http.Get(s.bank); err == nil { // pays
		_ = response.Body.Close()
	}
	times.(*ledger).add()
	_, _ = io.WriteString(w, "thank you")
}

// ledger counts how often a voucher was used.
type ledger struct {
	mu sync.Mutex
	n  int
}

func (l *ledger) add()       { l.mu.Lock(); defer l.mu.Unlock(); l.n++ }
func (l *ledger) count() int { l.mu.Lock(); defer l.mu.Unlock(); return l.n }

func TestAVoucherIsUsedOnce(t *testing.T) {
	bank := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer bank.Close()
	for _, s := range []*shop{{bank: bank.URL}, {bank: bank.URL, sound: true}} {
		app := httptest.NewServer(s)
		defer app.Close()

		var voucher string
		h := harness.New(t, harness.BaseURL(app.URL))
		sc := h.Scenario("redeem a voucher twice")
		var redeems []*harness.Step
		for _, user := range []*harness.Session{h.Browser("ann"), h.Browser("bob")} {
			opened := sc.Precondition(user, "opens the voucher", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, voucher)).To(Succeed())
			})
			redeems = append(redeems, sc.Step(user, "redeems it", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Click(ctx, "button")).To(Succeed())
			}, harness.Requires(opened), harness.Marks(gateway.Match{Method: "POST", Path: "/voucher/{number}"})))
		}
		race := sc.Race(redeems...).
			Before(func(_ context.Context, round int) error { voucher = fmt.Sprint("/voucher/", round); return nil }).
			Invariant("a voucher is used once", func(context.Context) error {
				if times, _ := s.used.Load(voucher); times.(*ledger).count() != 1 {
					return fmt.Errorf("%s was used %d times", voucher, times.(*ledger).count())
				}
				return nil
			})
		result := race.Repeat(t.Context(), harness.Rounds{N: 10, Plain: !s.sound})
		t.Log(result)
		if found := result.Released.Violations > 0; found == s.sound {
			t.Errorf("the shop is sound: %v; a violation was found: %v", s.sound, found)
		}
	}
}
