package harness_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// exampleT stands for the *testing.T or GinkgoT() of a test.
type exampleT struct{ fakeT }

func newExample() (*exampleT, *httptest.Server) {
	var contacts atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("POST /contacts", func(http.ResponseWriter, *http.Request) { contacts.Add(1) })
	mux.HandleFunc("GET /contacts", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, contacts.Load()) })
	return &exampleT{fakeT{name: "example"}}, httptest.NewServer(mux)
}

func Example() {
	t, server := newExample()
	defer server.Close()
	defer t.end() // a real test does this by itself

	h := harness.New(t, harness.BaseURL(server.URL))
	acme := h.Tenant("acme")
	owner, colleague := acme.HTTP("owner"), acme.HTTP("colleague")

	sc := h.Scenario("a contact for both")
	added := sc.Precondition(owner, "adds a contact", func(ctx context.Context, g Gomega, s *sessions.HTTP) {
		g.Expect(s.PostForm(ctx, "/contacts", nil)).To(HaveField("Status", http.StatusOK))
	})
	sc.Step(colleague, "sees it", func(ctx context.Context, g Gomega, s *sessions.HTTP) error {
		var n int
		err := s.JSON(ctx, http.MethodGet, "/contacts", nil, &n)
		g.Expect(n).To(Equal(1))
		return err
	}, harness.Requires(added))

	result := sc.Run(context.Background())
	for _, record := range result.Records {
		fmt.Println(record.Session, record.Name, record.Outcome)
	}
	fmt.Println(result.Outcome, result.Err())
	// Output:
	// owner adds a contact passed
	// colleague sees it passed
	// passed <nil>
}

func ExampleScenario_Barrier() {
	t, server := newExample()
	defer server.Close()
	defer t.end()

	h := harness.New(t, harness.BaseURL(server.URL))
	owner, colleague := h.HTTP("owner"), h.HTTP("colleague")
	sc := h.Scenario("both at once")
	ready := sc.Barrier("both are ready")
	adds := func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		if err := ready.Wait(ctx); err != nil {
			return err
		}
		_, err := s.PostForm(ctx, "/contacts", nil)
		return err
	}
	sc.Step(owner, "adds a contact", adds, harness.Meets(ready))
	sc.Step(colleague, "adds a contact", adds, harness.Meets(ready))
	fmt.Println(sc.Run(context.Background()).Outcome)
	// Output: passed
}

func ExampleScenario_Run_notValid() {
	t, server := newExample()
	defer server.Close()
	defer t.end()

	h := harness.New(t)
	sc := h.Scenario("nobody acts")
	sc.Precondition(nil, "logs in", func(context.Context, Gomega, *sessions.HTTP) {})
	err := sc.Run(context.Background()).Err()
	invalid, _ := errors.AsType[*harness.InvalidScenarioError](err)
	for _, mistake := range invalid.Mistakes {
		fmt.Printf("%s (%s)\n", mistake.What, mistake.Hint)
	}
	// Output:
	// the scenario has no step (declare at least one with Step; preconditions alone show nothing)
	// precondition "logs in" has no session (declare one with Browser or HTTP and pass it)
}
