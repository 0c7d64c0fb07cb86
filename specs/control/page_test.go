package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/sessions"
)

var _ = Describe("the live page of the run service", func() {
	withEachDriver(func(driver string) {
		It("shows a run to two people, one of whom cancels it with the keyboard", func(ctx SpecContext) {
			server, address, shop := service(ctx, "")
			run := begin(ctx, server, "nightly <1>", shop)
			h := harness.New(GinkgoT(), harness.Driver(driver), harness.BaseURL(address))
			owner, colleague := h.Browser("owner"), h.Browser("colleague")
			sc := h.Scenario("two people look at a run")
			sees := sc.Precondition(owner, "sees it go on", seesItGoOn)
			cancelled := sc.Step(colleague, "cancels it", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "/#"+run.ID)).To(Succeed())
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#run-state") }).Should(Equal("running"))
				reach(ctx, g, s, "cancel")
				g.Expect(s.Press(ctx, "Enter")).To(Succeed())
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#run-state") }).Should(Equal("cancelled"))
				g.Expect(s.Visible(ctx, "#cancel")).To(BeFalse(), "there is nothing to cancel any more")
			}, harness.Requires(sees))
			sc.Step(owner, "sees that", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#run-state") }).Should(Equal("cancelled"))
				ended, err := server.Run(ctx, run.ID)
				g.Expect(err).NotTo(HaveOccurred())
				looks, _ := json.Marshal(ended.Vars["LOOKS"])
				g.Expect(s.Text(ctx, "#vars tbody tr:last-child td:last-child")).To(Equal(string(looks)), "the final value")
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#runs button[aria-current=true] small") }).Should(ContainSubstring("cancelled"))
				g.Expect(s.Text(ctx, "#files")).To(ContainSubstring("report.html"))
				g.Expect(s.Click(ctx, "#files a")).To(Succeed())
				g.Expect(s.Visible(ctx, "svg")).To(BeTrue(), "the report has plots")
			}, harness.Requires(cancelled))
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(2*time.Minute))

		It("shows nothing without the token, and everything with it", func(ctx SpecContext) {
			server, address, shop := service(ctx, "open sesame")
			run := begin(ctx, server, "guarded", shop)
			h := harness.New(GinkgoT(), harness.Driver(driver), harness.BaseURL(address))
			sc := h.Scenario("somebody with the token")
			sc.Step(h.Browser("owner"), "logs in", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "/#"+run.ID)).To(Succeed())
				g.Expect(s.Fill(ctx, "#token", "open says me")).To(Succeed())
				g.Expect(s.Press(ctx, "Enter")).To(Succeed())
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#alert") }).Should(ContainSubstring("token"))
				g.Expect(s.Visible(ctx, "#run")).To(BeFalse())
				g.Expect(s.Fill(ctx, "#token", "open sesame")).To(Succeed())
				g.Expect(s.Press(ctx, "Enter")).To(Succeed())
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#run-id") }).Should(Equal(run.ID))
				g.Expect(s.Visible(ctx, "#token")).To(BeFalse())
				g.Expect(s.Visible(ctx, "#alert")).To(BeFalse(), "what was wrong is right now")
			})
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(2*time.Minute))

		It("fits a narrow window, whatever a run is called and has", func(ctx SpecContext) {
			server, address, shop := service(ctx, "")
			run := begin(ctx, server, strings.Repeat("long-name-", 6), shop)
			h := harness.New(GinkgoT(), harness.Driver(driver), harness.BaseURL(address))
			sc := h.Scenario("somebody with a telephone")
			sc.Step(h.Browser("owner", harness.WindowSize(400, 900)), "looks", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				g.Expect(s.Navigate(ctx, "/#"+run.ID)).To(Succeed())
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#failures") }).Should(ContainSubstring("409"))
				var beyond []string
				g.Expect(s.Evaluate(ctx, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.getBoundingClientRect().width > 0).map(e => e.tagName + "#" + e.id)`, &beyond)).To(Succeed())
				g.Expect(beyond).To(BeEmpty(), "nothing is cut off")
			})
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(2*time.Minute))

		It("lives with an address that names nothing, and leads to older runs", func(ctx SpecContext) {
			server, address, shop := service(ctx, "")
			for i := range 102 {
				run := begin(ctx, server, fmt.Sprint("run-", i), shop)
				_, err := server.Cancel(ctx, run.ID)
				Expect(err).NotTo(HaveOccurred())
			}
			h := harness.New(GinkgoT(), harness.Driver(driver), harness.BaseURL(address))
			sc := h.Scenario("somebody who looks for an old run")
			sc.Step(h.Browser("owner"), "finds it", func(ctx context.Context, g Gomega, s *sessions.Browser) {
				shows := func(id string) {
					g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#run-id") }).Should(Equal(id))
				}
				g.Expect(s.Navigate(ctx, "/#%ff")).To(Succeed())
				shows("run-101")
				g.Expect(s.Evaluate(ctx, `location.hash = "#run-50"`, nil)).To(Succeed())
				shows("run-50")
				g.Expect(s.Evaluate(ctx, `location.hash = "#none"`, nil)).To(Succeed())
				g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#alert") }).Should(ContainSubstring("unknown run"))
				g.Expect(s.Click(ctx, "#older")).To(Succeed())
				g.Eventually(ctx, func() (bool, error) { return s.Visible(ctx, "#older") }).Should(BeFalse(), "there are no more")
				g.Expect(s.Text(ctx, "#runs li:last-child b")).To(Equal("run-0"))
				g.Expect(s.Click(ctx, "#runs li:last-child button")).To(Succeed())
				shows("run-0")
				g.Expect(s.Visible(ctx, "#alert")).To(BeFalse(), "it was about another run")
				var n int
				g.Consistently(ctx, func() (int, error) { return n, s.Evaluate(ctx, `document.querySelectorAll("#runs li").length`, &n) }).WithTimeout(1500*time.Millisecond).Should(Equal(102), "they stay when the list is asked for again")
				g.Expect(s.Evidence(ctx).Console).To(HaveEach(HaveField("Text", ContainSubstring("404"))), "nothing but the run that is none is wrong")
			})
			Expect(sc.Run(ctx)).To(harness.Pass())
		}, SpecTimeout(2*time.Minute))
	})
})

// begin starts a run that goes on until somebody ends it.
func begin(ctx context.Context, server *control.Server, name, shop string) *control.Run {
	GinkgoHelper()
	params, err := json.Marshal(browse{URL: shop})
	Expect(err).NotTo(HaveOccurred())
	var exact control.Variables
	Expect(json.Unmarshal([]byte(`{"A <b>name</b>":"<script>alert(1)</script>","EXACT":9007199254740993,"A_NAME_THAT_IS_LONG_AND_HAS_NO_BLANK_IN_IT_AT_ALL":"`+strings.Repeat("x", 200)+`"}`), &exact)).To(Succeed())
	run, err := server.Start(ctx, control.Start{ID: strings.Map(idLetter, name), Scenario: "browse", Params: params, Profile: "constantConcurrentUsers(4).during(1.hour)", Vars: exact})
	Expect(err).NotTo(HaveOccurred())
	return run
}

// idLetter leaves out what an id cannot have.
func idLetter(r rune) rune {
	if strings.ContainsRune("<> ", r) {
		return -1
	}
	return r
}

// seesItGoOn watches figures grow and plots be drawn.
func seesItGoOn(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/")).To(Succeed())
	g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#run-state") }).Should(Equal("running"))
	g.Expect(s.Text(ctx, "#counts-started")).To(ContainSubstring("4"))
	var before, after int
	g.Expect(s.Evaluate(ctx, requests, &before)).To(Succeed())
	g.Eventually(ctx, func() (int, error) { return after, s.Evaluate(ctx, requests, &after) }).Should(BeNumerically(">", before), "it is live")
	g.Eventually(ctx, func() (n int, err error) {
		return n, s.Evaluate(ctx, `document.querySelector("#plot-requests polyline.ok")?.points.length ?? 0`, &n)
	}).WithTimeout(20*time.Second).Should(BeNumerically(">=", 3), "a point for each second")
	g.Expect(s.Text(ctx, "#vars")).To(SatisfyAll(ContainSubstring("LOOKS"), ContainSubstring("9007199254740993"), ContainSubstring("<script>alert(1)</script>")))
	g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#failures") }).Should(ContainSubstring("409"))
	var others []string
	g.Expect(s.Evaluate(ctx, `performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith(location.origin))`, &others)).To(Succeed())
	g.Expect(others).To(BeEmpty(), "nobody else is asked for anything")
	g.Expect(s.Evidence(ctx).Console).To(BeEmpty(), "the page breaks no rule of its own")
}

// requests is how many the page shows.
const requests = `Number(document.querySelector("#figures-requests dd").textContent.replaceAll(",", ""))`

// reach presses Tab until the element of an id has the focus.
func reach(ctx context.Context, g Gomega, s *sessions.Browser, id string) {
	focus := ""
	for range 20 {
		g.Expect(s.Press(ctx, "Tab")).To(Succeed())
		g.Expect(s.Evaluate(ctx, `document.activeElement.id`, &focus)).To(Succeed())
		if focus == id {
			return
		}
	}
	g.Expect(focus).To(Equal(id), "the keyboard does not get there")
}
