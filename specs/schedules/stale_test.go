package schedules_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

// board has a name on it, and a page that shows it again at each press of a button: as the answers come. The sound page leaves
// out an answer that is older than what it shows.
func board(sound bool) (url string, fresh func(context.Context, int) error) {
	var mu sync.Mutex
	name := "old"
	script := `let asked = 0, shown = 0, answers = 0
async function refresh() {
	const mine = ++asked
	const text = await (await fetch('/name?' + mine)).text()
	document.querySelector('#answers').textContent = ++answers
	if (mine === 2) document.querySelector('#latest').textContent = text
	if (SOUND && mine < shown) return
	shown = mine
	document.querySelector('#name').textContent = text
}`
	script = strings.ReplaceAll(script, "SOUND", map[bool]string{true: "true", false: "false"}[sound])
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>board</title><link rel=icon href=data:>
<button id=refresh onclick="refresh()">Refresh</button><p id=name></p><p id=latest></p><p id=answers>0</p><script>`+script+`</script>`)
	})
	mux.HandleFunc("GET /name", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, name)
	})
	mux.HandleFunc("POST /name", func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		name = "new"
	})
	server := httptest.NewServer(mux)
	DeferCleanup(server.Close)
	return server.URL, func(context.Context, int) error {
		mu.Lock()
		defer mu.Unlock()
		name = "old"
		return nil
	}
}

func refreshesTwice(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Click(ctx, "#refresh")).To(Succeed())
	g.Expect(s.Click(ctx, "#refresh")).To(Succeed())
	g.Eventually(func() (string, error) { return s.Text(ctx, "#answers") }).WithTimeout(time.Minute).Should(Equal("2"))
	latest, err := s.Text(ctx, "#latest")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(s.Text(ctx, "#name")).To(Equal(latest), "the screen is stale")
}

var _ = Describe("a user who refreshes a screen while another changes what is on it", func() {
	look := func(ctx context.Context, sound bool, more ...harness.ExploreOption) *harness.ExploreResult {
		url, fresh := board(sound)
		h := harness.New(GinkgoT(), harness.BaseURL(url), harness.ActionTimeout(time.Minute), harness.StepTimeout(2*time.Minute))
		reader, writer := h.Browser("reader"), h.HTTP("writer", harness.WithGateway())
		sc := h.Scenario("a board that is refreshed")
		opened := sc.Precondition(reader, "opens it", func(ctx context.Context, g Gomega, s *sessions.Browser) {
			g.Expect(s.Navigate(ctx, "/")).To(Succeed())
		})
		sc.Step(reader, "refreshes twice", refreshesTwice, harness.Requires(opened))
		sc.Step(writer, "renames", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
			_, err := s.Do(ctx, http.MethodPost, "/name", nil, nil)
			return err
		})
		more = append(more, harness.At(harness.Requests|harness.Responses), harness.Before(fresh), patient)
		return sc.Explore(ctx, harness.Exhaustive(), more...)
	}

	It("sees a stale screen when an old answer comes late", func(ctx SpecContext) {
		result := look(ctx, false)
		GinkgoWriter.Println(result)
		Expect(result).NotTo(harness.HoldInEverySchedule())
		f := result.Failures[0]
		Expect(f.Unstable).To(BeEmpty())
		Expect(f.Words).To(And(ContainSubstring("reader response to GET /name#2 before reader response to GET /name"), ContainSubstring("writer POST /name")))
	})

	// The defect shows in the sixth of 18 schedules: an ordinary run goes beyond that, the slow lane to the end.
	It("sees none where the page knows which answer is older", func(ctx SpecContext) {
		var budget []harness.ExploreOption
		if !stress() {
			budget = append(budget, harness.Schedules(8))
		}
		result := look(ctx, true, budget...)
		GinkgoWriter.Println(result)
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(Equal(stress()))
	})
})
