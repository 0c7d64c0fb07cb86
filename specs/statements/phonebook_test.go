package statements_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
	"github.com/seed49090845/lockstep/specs/internal/office"
)

// company is the tenant of a schedule: each has one of its own.
type company struct {
	office.Company
	phonebook int64
	contact   int64
}

type identified struct {
	ID int64 `json:"id"`
}

func (c *company) logsIn(ctx context.Context, s *sessions.HTTP, user string) error {
	in := map[string]string{"tenant": c.Name, "user": user, "password": phonebook.DefaultPassword}
	var out struct{ Token string }
	if err := s.JSON(ctx, http.MethodPost, "/api/login", in, &out); err != nil {
		return err
	}
	s.SetHeader("Authorization", "Bearer "+out.Token)
	return nil
}

func (c *company) makesPhonebook(ctx context.Context, s *sessions.HTTP) error {
	var made identified
	err := s.JSON(ctx, http.MethodPost, "/api/phonebooks", map[string]string{"name": "Suppliers"}, &made)
	c.phonebook = made.ID
	return err
}

func (c *company) makesContact(ctx context.Context, s *sessions.HTTP) error {
	var made identified
	err := s.JSON(ctx, http.MethodPost, c.contacts(), map[string]string{"name": "Ada", "phone": "1"}, &made)
	c.contact = made.ID
	return err
}

func (c *company) book() string     { return fmt.Sprintf("/api/phonebooks/%d", c.phonebook) }
func (c *company) contacts() string { return c.book() + "/contacts" }

// send sends a request, whatever the answer: who comes too late is refused. The key, if there is one, is that of a form.
func send(ctx context.Context, s *sessions.HTTP, method, path, key string, what any) error {
	content, err := json.Marshal(what)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	_, err = s.Do(ctx, method, path, header, bytes.NewReader(content))
	return err
}

type object = map[string]any

// race is what two users do at once, when the owner has made a phonebook.
type race struct {
	defect   phonebook.Defect
	quota    int
	contact  bool // there is one in the phonebook
	same     bool // one person, logged in twice
	one, two func(ctx context.Context, c *company, s *sessions.HTTP) error
}

func addsContact(key string) func(context.Context, *company, *sessions.HTTP) error {
	return func(ctx context.Context, c *company, s *sessions.HTTP) error {
		return send(ctx, s, http.MethodPost, c.contacts(), key, object{"name": "Ada", "phone": "1"})
	}
}

func editsContact(field, text string) func(context.Context, *company, *sessions.HTTP) error {
	return func(ctx context.Context, c *company, s *sessions.HTTP) error {
		form := object{"name": "Ada", "phone": "1", "note": "", "version": 1}
		form[field] = text
		return send(ctx, s, http.MethodPut, fmt.Sprintf("/api/contacts/%d", c.contact), "", form)
	}
}

func makesPartners(ctx context.Context, _ *company, s *sessions.HTTP) error {
	return send(ctx, s, http.MethodPost, "/api/phonebooks", "", object{"name": "Partners"})
}

var races = []race{
	{defect: phonebook.RenameCheckThenAct, one: func(ctx context.Context, c *company, s *sessions.HTTP) error {
		return send(ctx, s, http.MethodPatch, c.book(), "", object{"name": "Partners"})
	}, two: addsContact("")},
	{defect: phonebook.DeleteCheckThenAct, one: func(ctx context.Context, c *company, s *sessions.HTTP) error {
		return send(ctx, s, http.MethodDelete, c.book(), "", nil)
	}, two: addsContact("")},
	{defect: phonebook.LostUpdate, contact: true, one: editsContact("phone", "2"), two: editsContact("note", "new")},
	{defect: phonebook.DuplicateName, one: makesPartners, two: makesPartners},
	{defect: phonebook.DoubleSubmit, same: true, one: addsContact("one form"), two: addsContact("one form")},
	{defect: phonebook.QuotaOverrun, quota: 1, one: addsContact(""), two: addsContact("")},
}

// workbench is the phonebook on PostgreSQL with the gateway between them.
type workbench struct {
	database *pg.Gateway
	company  *company
}

func newWorkbench(ctx context.Context, r race, defects ...phonebook.Defect) *workbench {
	GinkgoHelper()
	database := newDatabase(ctx)
	app, err := phonebook.Start(ctx, phonebook.Options{Database: database.URL(), Defects: defects})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(app.Close)
	return &workbench{database, &company{Company: office.Company{App: app, Quota: r.quota}}}
}

// explore searches the statements of both users.
func (w *workbench) explore(ctx context.Context, r race) *harness.ExploreResult {
	GinkgoHelper()
	return w.at(ctx, r, harness.Statements(w.database))
}

func (w *workbench) at(ctx context.Context, r race, points harness.ExploreOption) *harness.ExploreResult {
	GinkgoHelper()
	return w.scenario(r).Explore(ctx, harness.Exhaustive(), w.promises(points)...)
}

func (w *workbench) replay(ctx context.Context, r race, schedule string, more ...harness.ExploreOption) *harness.ExploreResult {
	GinkgoHelper()
	return w.scenario(r).Replay(ctx, schedule, append(w.promises(harness.Statements(w.database)), more...)...)
}

func (w *workbench) promises(points harness.ExploreOption) []harness.ExploreOption {
	return []harness.ExploreOption{points, patient, harness.Before(w.company.Found), harness.Invariant("the phonebook is intact", w.company.Intact)}
}

func (w *workbench) scenario(r race) *harness.Scenario {
	GinkgoHelper()
	c := w.company
	h := harness.New(GinkgoT(), harness.BaseURL(c.App.URL()))
	owner, colleague := h.HTTP("owner", harness.WithGateway()), h.HTTP("colleague", harness.WithGateway())
	sc := h.Scenario(string(r.defect))
	second := "colleague"
	if r.same {
		second = "owner"
	}
	made := sc.Precondition(owner, "makes a phonebook", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		return errors.Join(c.logsIn(ctx, s, "owner"), c.prepare(ctx, s, r))
	})
	ready := sc.Precondition(colleague, "logs in", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error { return c.logsIn(ctx, s, second) }, harness.Requires(made))
	sc.Step(owner, "acts", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error { return r.one(ctx, c, s) }, harness.Requires(ready))
	sc.Step(colleague, "acts", func(ctx context.Context, _ Gomega, s *sessions.HTTP) error { return r.two(ctx, c, s) }, harness.Requires(ready))
	return sc
}

func (c *company) prepare(ctx context.Context, s *sessions.HTTP, r race) error {
	if err := c.makesPhonebook(ctx, s); err != nil || !r.contact {
		return err
	}
	return c.makesContact(ctx, s)
}

var _ = Describe("the phonebook on PostgreSQL, statement by statement", func() {
	for _, r := range races {
		Context("with the defect "+string(r.defect), func() {
			It("is found, and said in few words", func(ctx SpecContext) {
				result := newWorkbench(ctx, r, r.defect).explore(ctx, r)
				GinkgoWriter.Println(result)
				Expect(result).NotTo(harness.HoldInEverySchedule())
				Expect(result.Failures[0].Unstable).To(BeEmpty())
				Expect(len(result.Failures[0].Constraints)).To(BeNumerically("<=", 3))
			})

			It("is silent in all orders of the sound version", func(ctx SpecContext) {
				result := newWorkbench(ctx, r).explore(ctx, r)
				GinkgoWriter.Println(result)
				Expect(result).To(harness.HoldInEverySchedule())
				Expect(result.Complete).To(BeTrue())
			})
		})
	}
})
