package zoo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// desk notes the letters that come to it, in the order in which they come.
type desk struct {
	*httptest.Server

	mu   sync.Mutex
	came string
}

func newDesk() *desk {
	d := &desk{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.came += strings.TrimPrefix(r.URL.Path, "/")
	}))
	DeferCleanup(d.Close)
	return d
}

func (d *desk) clear(context.Context, int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came = ""
	return nil
}

// tally counts what has come after each schedule, by order.
func (d *desk) tally(orders map[string]int) harness.ExploreOption {
	return harness.Invariant("what comes is counted", func(context.Context) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		orders[d.came]++
		return nil
	})
}

// merges are all orders of the letters of two texts that keep each text's own.
func merges(a, b string) []string {
	if a == "" || b == "" {
		return []string{a + b}
	}
	var all []string
	for _, rest := range merges(a[1:], b) {
		all = append(all, a[:1]+rest)
	}
	for _, rest := range merges(a, b[1:]) {
		all = append(all, b[:1]+rest)
	}
	return all
}

// demand is the text of the schedule in which the letters come so.
func demand(order string) string {
	var points schedule.Schedule
	for _, letter := range order {
		session := "anna"
		if strings.ContainsRune("xyz", letter) {
			session = "ben"
		}
		points = append(points, schedule.Point{Session: session, What: fmt.Sprintf("POST /%c", letter), Nth: 1})
	}
	return points.String()
}

var _ = Describe("two sessions of three requests each", func() {
	const replays = 50

	It("have 20 orders, and meet the server in each as often as it is demanded", func(ctx SpecContext) {
		d := newDesk()
		h := harness.New(GinkgoT(), harness.BaseURL(d.URL), harness.ActionTimeout(actionLimit))
		sc := h.Scenario("three and three")
		for name, letters := range map[string]string{"anna": "abc", "ben": "xyz"} {
			sc.Step(h.HTTP(name, harness.WithGateway()), "sends its letters", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
				for _, letter := range letters {
					if _, err := s.Do(ctx, http.MethodPost, fmt.Sprintf("/%c", letter), nil, nil); err != nil {
						return err
					}
				}
				return nil
			})
		}
		options := []harness.ExploreOption{harness.At(harness.Requests), patient, harness.Before(d.clear)}
		once, demanded := map[string]int{}, merges("abc", "xyz")
		for _, order := range demanded {
			once[order] = 1
		}
		Expect(once).To(HaveLen(20))

		explored := map[string]int{}
		result := sc.Explore(ctx, harness.Exhaustive(), append(options, d.tally(explored))...)
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Shown).To(Equal("all 20 orders"))
		Expect(explored).To(Equal(once))

		asDemanded := 0
		for _, order := range demanded {
			came := map[string]int{}
			again := sc.Replay(ctx, demand(order), append(options, d.tally(came), harness.Times(replays))...)
			Expect(again).To(harness.HoldInEverySchedule())
			Expect(came).To(Equal(map[string]int{order: replays}))
			asDemanded += came[order]
		}
		AddReportEntry("as demanded", fmt.Sprintf("%d of %d", asDemanded, len(demanded)*replays), ReportEntryVisibilityAlways)
	})
})
