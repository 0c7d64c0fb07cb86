package first_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

func TestTwoUsersPress(t *testing.T) {
	var presses atomic.Int64
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			presses.Add(1)
		}
		fmt.Fprintf(w, `<h1>%d</h1><form method="post"><button>press</button></form>`, presses.Load())
	}))
	defer app.Close()

	h := harness.New(t, harness.BaseURL(app.URL))
	sc := h.Scenario("two users press a button")
	ready := sc.Barrier("both see the button")
	var pressed []*harness.Step
	for _, user := range []*harness.Session{h.Browser("ann"), h.Browser("bob")} {
		pressed = append(pressed, sc.Step(user, "presses", func(ctx context.Context, g Gomega, s *sessions.Browser) {
			g.Expect(s.Navigate(ctx, "/")).To(Succeed())
			g.Expect(ready.Wait(ctx)).To(Succeed()) // says who did not come, and why
			g.Expect(s.Click(ctx, "button")).To(Succeed())
		}, harness.Meets(ready)))
	}
	sc.Step(h.HTTP("robot"), "counts", func(ctx context.Context, g Gomega, s *sessions.HTTP) {
		page, err := s.Get(ctx, "/")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(page.Text("h1")).To(Equal("2"))
	}, harness.Requires(pressed...))

	if err := sc.Run(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}
