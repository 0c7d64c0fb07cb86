package coexist_test

import (
	"context"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/sessions"
)

// short are phases in which there is time for a few iterations; the method's own take ten minutes.
func short(o coexist.Options) coexist.Options {
	o.Duration, o.Progress, o.Evidence, o.Seed = time.Second, GinkgoWriter, GinkgoT().TempDir(), 1
	return o
}

// scenario is what users do with their names.
type scenario func(app *phonebook.Server, names *data.Feeder) coexist.Scenario

// liveTogether lets users with names of that policy live together.
func liveTogether(ctx context.Context, policy data.Options, o coexist.Options, scenarios ...scenario) *coexist.Result {
	GinkgoHelper()
	app, names := phonebookApp(ctx), phonebookNames(policy, 10)
	var given []coexist.Scenario
	for _, s := range scenarios {
		given = append(given, s(app, names))
	}
	result, err := coexist.Check(ctx, short(o), given...)
	Expect(err).NotTo(HaveOccurred())
	AddReportEntry("coexist", ReportEntryVisibilityFailureOrVerbose, result.Report())
	Expect(app.Violations(ctx, tenant)).To(BeEmpty(), "the phonebook itself is sound")
	return result
}

// collide checks that the report names the value and both users of each collision, and blames nothing else.
func collide(s *coexist.Stage) {
	GinkgoHelper()
	Expect(s.Kinds[coexist.Collision]).To(BeNumerically(">", 0), "the names are shared, and the phonebook refuses a name that is taken")
	Expect(s.Kinds).To(HaveLen(1), "who is refused shares the name with whom has taken it")
	Expect(s.Values[0].Value).To(ContainSubstring("names.csv:"))
	Expect(s.Values[0].Value).To(ContainSubstring("Suppliers"))
	for _, f := range s.Failures {
		Expect(f.Values).To(HaveLen(1))
		Expect(f.Values[0].Holders).NotTo(BeEmpty())
		for _, other := range f.Values[0].Holders {
			Expect(other.User).NotTo(Equal(f.User))
		}
	}
	Expect(s.Pairs).NotTo(BeEmpty())
	Expect(s.Pairs[0].Values).NotTo(BeEmpty())
}

var _ = Describe("users who each need a name of their own", func() {
	for _, driver := range sessions.Drivers() {
		name := driver.Name()
		inBrowsers := func(app *phonebook.Server, names *data.Feeder) coexist.Scenario {
			return people(app, names, pool(name))
		}
		options := coexist.Options{Users: 3, Iterations: 3, Phases: []coexist.Phase{coexist.ByIterations}}

		Context("in browsers driven by "+name, Label(name), func() {
			It("collide where the names are wrongly shared, and are named", func(ctx SpecContext) {
				result := liveTogether(ctx, kept, options, inBrowsers)
				Expect(result).NotTo(coexist.LiveTogether())
				first := result.Phases[0]
				collide(first)
				Expect(first.Iterations).To(BeNumerically("==", 9))
				Expect(first.Evidence).To(ContainElement(HaveSuffix(".png")), "what they saw is kept")
				Expect(result.Report()).To(And(ContainSubstring("There is a phonebook of that name already."), ContainSubstring(`"people 1"`)))
			}, SpecTimeout(2*time.Minute))

			It("live together with a lease", func(ctx SpecContext) {
				result := liveTogether(ctx, leased, options, inBrowsers)
				Expect(result).To(coexist.LiveTogether())
				Expect(result.Phases[0].Iterations).To(BeNumerically("==", 9))
				Expect(result.Phases[0].Overlaps).To(BeZero())
				Expect(result.Phases[0].Evidence).To(BeEmpty())
			}, SpecTimeout(2*time.Minute))
		})
	}

	Context("as virtual users", func() {
		options := coexist.Options{Phases: []coexist.Phase{coexist.ByIterations, coexist.ByDuration}}

		It("collide where the names are wrongly shared, and are named", func(ctx SpecContext) {
			result := liveTogether(ctx, shared, options, clerks)
			Expect(result).NotTo(coexist.LiveTogether())
			for _, s := range result.Phases {
				collide(s)
			}
			Expect(result.Phases[0].Iterations).To(BeNumerically("==", 50), "5 users, 10 iterations each")
			Expect(result.Report()).To(And(ContainSubstring("check: status: want 201, saw 409"), ContainSubstring(`"clerks 1"`)))
		}, SpecTimeout(time.Minute))

		It("live together with a lease", func(ctx SpecContext) {
			result := liveTogether(ctx, leased, options, clerks)
			Expect(result).To(coexist.LiveTogether())
			Expect(result.Phases[0].Iterations).To(BeNumerically("==", 50))
			Expect(result.Phases[1].Iterations).To(BeNumerically(">", 5))
			Expect(result.Phases[0].Overlaps + result.Phases[1].Overlaps).To(BeZero())
		}, SpecTimeout(time.Minute))
	})

	Context("in browsers and as virtual users together", func() {
		inBrowsers := func(app *phonebook.Server, names *data.Feeder) coexist.Scenario { return people(app, names, nil) }
		options := coexist.Options{Together: 2, Phases: []coexist.Phase{coexist.AllTogether}}

		It("live together with a lease on the same names", func(ctx SpecContext) {
			result := liveTogether(ctx, leased, options, inBrowsers, clerks)
			Expect(result).To(coexist.LiveTogether())
			Expect(result.Phases[0].Scenarios).To(HaveLen(2))
		}, SpecTimeout(time.Minute))

		It("collide with each other where each kind leases from a feeder of its own, of the same file", func(ctx SpecContext) {
			app, first := phonebookApp(ctx), phonebookNames(leased, 2)
			second, err := data.New("the same names", data.CSV(fileOf(ctx, first)), leased)
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(second.Close)
			// Whoever takes a name that is taken ends it: with so few users that may be a while.
			collided := make(chan struct{})
			var once sync.Once
			programs := clerkScenario(app, second)
			works := programs.User
			programs.User = func(ctx context.Context, u *load.User) error {
				err := works(ctx, u)
				if err != nil {
					once.Do(func() { close(collided) })
				}
				return err
			}
			o := short(coexist.Options{Together: 2, Phases: options.Phases, Stop: collided})
			o.Duration = 30 * time.Second
			result, err := coexist.Check(ctx, o, people(app, first, nil), coexist.Virtual(programs))
			Expect(err).NotTo(HaveOccurred())
			Expect(result).NotTo(coexist.LiveTogether())
			s := result.Phases[0]
			collide(s)
			Expect(s.Values[0].Feeders).To(ConsistOf("names", "the same names"))
			Expect(s.Pairs[0].Users[0]).To(HavePrefix("clerks"))
			Expect(s.Pairs[0].Users[1]).To(HavePrefix("people"))
		}, SpecTimeout(time.Minute))
	})
})
