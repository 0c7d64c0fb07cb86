package races_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/report"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/specs/internal/office"
)

// duel is two users, each one click away from what must not happen at once.
type duel struct {
	name          string
	quota         int
	made          func(st *stage) body // by the owner, before both get ready
	first, second side
	sameUser      bool
}

// side is one of the two: how he gets ready, and what he presses.
type side struct {
	ready  func(st *stage) body
	button string
	sends  gateway.Match
}

func fixed(b body) func(*stage) body { return func(*stage) body { return b } }

func post(path string) gateway.Match { return gateway.Match{Method: "POST", Path: path} }

var addsContact = side{fixed(opensAndFillsContact("Ada")), "#contact-add", post("/phonebooks/{id}/contacts")}

// duels are the defects of the phonebook in which something is checked first and done later.
var duels = map[phonebook.Defect]duel{
	phonebook.RenameCheckThenAct: {
		name: "rename a phonebook / add a contact to it", made: fixed(createsPhonebook),
		first: side{fixed(opensRename), "#rename-save", post("/phonebooks/{id}/rename")}, second: addsContact,
	},
	phonebook.DeleteCheckThenAct: {
		name: "delete a phonebook / add a contact to it", made: fixed(createsPhonebook),
		first: side{fixed(opensPhonebook), "#delete-phonebook", post("/phonebooks/{id}/delete")}, second: addsContact,
	},
	phonebook.LostUpdate: {
		name: "edit a contact / edit the same contact", made: fixed(createsContact),
		first:  side{fixed(opensContact("#contact-phone", "2")), "#contact-save", post("/contacts/{id}")},
		second: side{fixed(opensContact("#contact-note", "new")), "#contact-save", post("/contacts/{id}")},
	},
	phonebook.DuplicateName: {
		name: "create a phonebook / create one of the same name", made: fixed(nothing),
		first:  side{fixed(namesPhonebook), "#new-phonebook-create", post("/phonebooks")},
		second: side{fixed(namesPhonebook), "#new-phonebook-create", post("/phonebooks")},
	},
	phonebook.DoubleSubmit: {
		name: "send a form / send it again", made: fixed(createsPhonebook), sameUser: true,
		first:  side{func(st *stage) body { return st.sharesForm }, "#contact-add", post("/phonebooks/{id}/contacts")},
		second: side{func(st *stage) body { return st.takesForm }, "#contact-add", post("/phonebooks/{id}/contacts")},
	},
	phonebook.QuotaOverrun: {
		name: "add the last contact / add it, too", quota: 1, made: fixed(createsPhonebook), first: addsContact, second: addsContact,
	},
}

// race declares the duel over an application.
func (d duel) race(h *harness.Harness, app *phonebook.Server, name string) *harness.Race {
	st := &stage{Company: office.Company{App: app, Quota: d.quota}}
	owner, colleague := h.Browser("owner"), h.Browser("colleague")
	user := "colleague"
	if d.sameUser {
		user = "owner"
	}
	sc := h.Scenario(name)
	made := sc.Precondition(owner, "makes what it takes", st.LogsIn("owner", func(ctx context.Context, g Gomega, s *sessions.Browser) { d.made(st)(ctx, g, s) }))
	one := sc.Precondition(owner, "gets ready", d.first.ready(st), harness.Requires(made))
	other := sc.Precondition(colleague, "gets ready", st.LogsIn(user, func(ctx context.Context, g Gomega, s *sessions.Browser) { d.second.ready(st)(ctx, g, s) }), harness.Requires(one))
	first := sc.Step(owner, "presses "+d.first.button, presses(d.first.button), harness.Requires(one, other), harness.Marks(d.first.sends))
	second := sc.Step(colleague, "presses "+d.second.button, presses(d.second.button), harness.Requires(one, other), harness.Marks(d.second.sends))
	return sc.Race(first, second).
		Before(st.Found).
		Invariant("the phonebook keeps its rules", st.Intact)
}

var _ = Describe("a check and an act that another request comes between", func() {
	for _, defect := range phonebook.Defects() {
		d, ok := duels[defect.Name]
		if !ok {
			continue // it needs no race, or more than clicks
		}
		repeat := func(ctx context.Context, name string, usual harness.Rounds, defects ...phonebook.Defect) *harness.RaceResult {
			app, err := phonebook.Start(ctx, phonebook.Options{Defects: defects})
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(app.Close)
			h := harness.New(GinkgoT(), harness.BaseURL(app.URL()), harness.Browsers(browser.PoolOptions{Warm: 2}))
			return d.race(h, app, name).Repeat(ctx, rounds(usual))
		}

		It(fmt.Sprintf("is found by real clicks: %s", defect.Name), func(ctx SpecContext) {
			result := repeat(ctx, d.name, harness.Rounds{N: 60, UntilViolated: true}, defect.Name)
			Expect(result.Released.Problems).To(BeEmpty())
			Expect(result.Released.Violations).To(BeNumerically(">", 0), "%s", result)
		}, SpecTimeout(20*time.Minute))

		It(fmt.Sprintf("is not there in the sound phonebook: %s", defect.Name), func(ctx SpecContext) {
			Expect(repeat(ctx, d.name+", sound", harness.Rounds{N: 4})).To(harness.HoldInEveryRound())
		}, SpecTimeout(20*time.Minute))
	}
})

// How wide a window is: one request is released before the other, and after it. A picture for people, from -5 to +5 ms.
var _ = Describe("the window between a check and an act", func() {
	It("is drawn", Label("slow"), func(ctx SpecContext) {
		if os.Getenv(envRounds) == "" {
			Skip("it takes minutes: make races draws it")
		}
		app, err := phonebook.Start(ctx, phonebook.Options{Defects: []phonebook.Defect{phonebook.RenameCheckThenAct}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(app.Close)
		h := harness.New(GinkgoT(), harness.BaseURL(app.URL()), harness.Browsers(browser.PoolOptions{Warm: 2}))
		d := duels[phonebook.RenameCheckThenAct]
		sweep := d.race(h, app, d.name).Sweep(ctx, harness.SweepOptions{Rounds: 10})
		fmt.Print("\n", sweep)
		var svg bytes.Buffer
		Expect(report.SweepSVG(&svg, sweep)).To(Succeed())
		if folder := os.Getenv(harness.EnvArtifacts); folder != "" {
			Expect(os.WriteFile(filepath.Join(folder, "sweep.svg"), svg.Bytes(), 0o644)).To(Succeed())
		}
		Expect(sweep.Offsets).NotTo(BeEmpty())
	}, SpecTimeout(20*time.Minute))
})
