package statements_test

import (
	"context"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/office"
)

func makesPhonebook(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Fill(ctx, "#new-phonebook-name", "Suppliers")).To(Succeed())
	g.Expect(s.Click(ctx, "#new-phonebook-create")).To(Succeed())
	g.Expect(s.Text(ctx, "#phonebook-name")).To(Equal("Suppliers"))
}

func opensEditor(ctx context.Context, g Gomega, s *sessions.Browser) {
	makesPhonebook(ctx, g, s)
	g.Expect(s.Click(ctx, "#edit-phonebook")).To(Succeed())
	g.Expect(s.Fill(ctx, "#rename-name", "Partners")).To(Succeed())
}

func fillsContact(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
	g.Expect(s.Click(ctx, "[data-testid=phonebook-link]")).To(Succeed())
	g.Expect(s.Fill(ctx, "#contact-name", "Ada")).To(Succeed())
	g.Expect(s.Fill(ctx, "#contact-phone", "1")).To(Succeed())
}

// clicks lets the answer come, whatever it is: who comes too late is refused.
func clicks(button string) office.Body {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) { g.Expect(s.Click(ctx, button)).To(Succeed()) }
}

// change is what the owner does to the phonebook, and the defect that it may have.
type change struct {
	defect phonebook.Defect
	before office.Body
	button string
}

// changes are tried with one driver each, and in the slow lane with all.
func changes(driver int) []change {
	all := []change{
		{phonebook.RenameCheckThenAct, opensEditor, "#rename-save"},
		{phonebook.DeleteCheckThenAct, makesPhonebook, "#delete-phonebook"},
	}
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		return all
	}
	return all[driver%len(all):][:1]
}

// replaysInBrowsers minimises a failure, and tries it at other isolation levels, in the slow lane only.
func replaysInBrowsers() int {
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		return 30
	}
	return -1
}

func (c change) explore(ctx context.Context, driver string, schedules int, defects ...phonebook.Defect) *harness.ExploreResult {
	GinkgoHelper()
	w := newWorkbench(ctx, race{}, defects...)
	tenant := w.company
	h := harness.New(GinkgoT(), harness.Driver(driver), harness.BaseURL(tenant.App.URL()))
	owner, colleague := h.Browser("owner"), h.Browser("colleague")
	sc := h.Scenario("change a phonebook and fill it")
	made := sc.Precondition(owner, "makes a phonebook", tenant.LogsIn("owner", c.before))
	ready := sc.Precondition(colleague, "fills the form", tenant.LogsIn("colleague", fillsContact), harness.Requires(made))
	sc.Step(owner, "changes it", clicks(c.button), harness.Requires(ready))
	sc.Step(colleague, "adds the contact", clicks("#contact-add"), harness.Requires(ready))
	// The live feed reads what is new under a lock of the application's own, one request after the other.
	return sc.Explore(ctx, harness.POS(), harness.Statements(w.database), harness.BackgroundStatements("FROM activity"),
		patient, harness.Schedules(schedules), harness.Replays(replaysInBrowsers()),
		harness.Before(tenant.Found), harness.Invariant("the phonebook is intact", tenant.Intact))
}

var _ = Describe("two people in real browsers, statement by statement", func() {
	for i, driver := range sessions.Drivers() {
		if name := os.Getenv(sessions.EnvDriver); name != "" && name != driver.Name() {
			continue
		}
		for _, c := range changes(i) {
			Context("driven by "+driver.Name(), Label(driver.Name()), func() {
				It("finds "+string(c.defect), func(ctx SpecContext) {
					result := c.explore(ctx, driver.Name(), 30, c.defect)
					GinkgoWriter.Println(result)
					Expect(result).NotTo(harness.HoldInEverySchedule())
					Expect(result.Failures[0].Unstable).To(BeEmpty())
				})

				It("finds nothing where it is repaired: "+string(c.defect), func(ctx SpecContext) {
					result := c.explore(ctx, driver.Name(), 3)
					GinkgoWriter.Println(result)
					Expect(result).To(harness.HoldInEverySchedule())
				})
			})
		}
	}
})
