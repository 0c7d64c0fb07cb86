package schedules_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/office"
)

// company is the tenant of a schedule: each has one of its own, with a contact.
type company struct{ office.Company }

func (c *company) found(ctx context.Context, n int) error {
	if err := c.Found(ctx, n); err != nil {
		return err
	}
	return c.makesContact(ctx)
}

// makesContact lets the owner add a contact as a program does: how it comes there is not what is explored.
func (c *company) makesContact(ctx context.Context) error {
	var login struct{ Token string }
	if err := c.post(ctx, "/api/login", "", map[string]string{"tenant": c.Name, "user": "owner", "password": phonebook.DefaultPassword}, &login); err != nil {
		return err
	}
	var made struct{ ID int64 }
	if err := c.post(ctx, "/api/phonebooks", login.Token, map[string]string{"name": "Suppliers"}, &made); err != nil {
		return err
	}
	return c.post(ctx, fmt.Sprintf("/api/phonebooks/%d/contacts", made.ID), login.Token, map[string]string{"name": "Ada", "phone": "1"}, &made)
}

func (c *company) post(ctx context.Context, path, token string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.App.URL()+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

func opensContacts(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
	g.Expect(s.Click(ctx, "[data-testid=phonebook-link]")).To(Succeed())
}

func edits(field, text string) body {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		g.Expect(s.Click(ctx, "[data-testid=contact-edit]")).To(Succeed())
		g.Expect(s.Fill(ctx, field, text)).To(Succeed())
		g.Expect(s.Click(ctx, "#contact-save")).To(Succeed())
	}
}

var _ = Describe("two users of the phonebook, whose pages have a live feed", func() {
	editBoth := func(ctx context.Context, defects ...phonebook.Defect) *harness.ExploreResult {
		app, err := phonebook.Start(ctx, phonebook.Options{Defects: defects})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(app.Close)
		c := &company{office.Company{App: app}}
		h := harness.New(GinkgoT(), harness.BaseURL(app.URL()))
		owner, colleague := h.Browser("owner"), h.Browser("colleague")
		sc := h.Scenario("edit one contact")
		one := sc.Precondition(owner, "opens the phonebook", c.LogsIn("owner", opensContacts))
		other := sc.Precondition(colleague, "opens the phonebook", c.LogsIn("colleague", opensContacts))
		sc.Step(owner, "edits the phone", edits("#contact-phone", "2"), harness.Requires(one))
		sc.Step(colleague, "edits the note", edits("#contact-note", "new"), harness.Requires(other))
		return sc.Explore(ctx, harness.Exhaustive(), patient, harness.Before(c.found), harness.Invariant("the phonebook is intact", c.Intact))
	}

	It("finds the order in which an edit is lost", func(ctx SpecContext) {
		result := editBoth(ctx, phonebook.LostUpdate)
		GinkgoWriter.Println(result)
		Expect(result).NotTo(harness.HoldInEverySchedule())
		Expect(result.Failures[0].Unstable).To(BeEmpty())
		Expect(result.Failures[0].Words).To(ContainSubstring("GET /contacts/{id}/edit before"))
	})

	It("finds none in the sound phonebook", func(ctx SpecContext) {
		result := editBoth(ctx)
		GinkgoWriter.Println(result)
		Expect(result).To(harness.HoldInEverySchedule())
		Expect(result.Complete).To(BeTrue())
	})
})
