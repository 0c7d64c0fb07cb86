package load_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/replay"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// work is what one person does with a phonebook of its own, by clicks and keys.
func work(ctx context.Context, s *sessions.Browser) error {
	return errors.Join(
		s.Navigate(ctx, "/login"),
		s.Fill(ctx, "#login-tenant", tenant), s.Fill(ctx, "#login-user", "owner"), s.Fill(ctx, "#login-password", phonebook.DefaultPassword),
		s.Click(ctx, "#login-submit"),
		s.Fill(ctx, "#new-phonebook-name", "Friends"), s.Click(ctx, "#new-phonebook-create"),
		s.Fill(ctx, "#contact-name", "Ada"), s.Fill(ctx, "#contact-phone", "1815"), s.Click(ctx, "#contact-add"),
		s.Click(ctx, "[data-testid=contact-edit]"),
		s.Fill(ctx, "#contact-note", "countess"), s.Click(ctx, "#contact-save"),
		s.Click(ctx, "[data-testid=contact-edit]"),
		s.Fill(ctx, "#contact-note", "Countess of Lovelace"), s.Click(ctx, "#contact-save"),
	)
}

// recorded is what the gateway of one browser has seen of that, as HAR without secrets.
func recorded(ctx context.Context, app *phonebook.Server) *har.Log {
	GinkgoHelper()
	h := harness.New(GinkgoT(), harness.BaseURL(app.URL()), harness.KeepBodies(1<<20))
	sc := h.Scenario("a person works")
	var file bytes.Buffer
	sc.Step(h.Browser("owner"), "works", func(ctx context.Context, _ Gomega, s *sessions.Browser) error {
		return errors.Join(work(ctx, s), har.Write(&file, s.Gateway().Record(), har.Options{Session: s.Name()}))
	})
	Expect(sc.Run(ctx)).To(harness.Pass())
	Expect(file.String()).NotTo(ContainSubstring(phonebook.DefaultPassword))
	log, err := har.Read(&file)
	Expect(err).NotTo(HaveOccurred())
	return log
}

var _ = Describe("what a person did once in a browser", func() {
	It("is done by 20 virtual users at once, each with its own numbers and tokens", func(ctx SpecContext) {
		log := recorded(ctx, phonebookApp(ctx))
		host, err := url.Parse(log.Entries[0].Request.URL)
		Expect(err).NotTo(HaveOccurred())

		fresh := phonebookApp(ctx)
		address, err := url.Parse(fresh.URL())
		Expect(err).NotTo(HaveOccurred())
		again, err := replay.New(log, replay.Options{Target: address, RecordedHost: host.Host, Fill: map[string]string{
			"password": phonebook.DefaultPassword, "name": "Friends of {user}",
		}})
		Expect(err).NotTo(HaveOccurred())
		AddReportEntry("notes", strings.Join(again.Notes(), "\n"))
		for _, c := range again.Correlations {
			Expect(c.Taken).NotTo(BeEmpty(), c.String())
		}
		target, err := virtual.NewTarget(virtual.Options{BaseURL: fresh.URL()})
		Expect(err).NotTo(HaveOccurred())
		result, err := load.Run(ctx, load.Options{MaxLateness: -1}, load.Scenario{
			Name: "owners", Target: target, User: again.User, Profile: profile.Must(profile.Parse("atOnceUsers(20)")),
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(result.UserFailures).To(BeEmpty())
		Expect(result.Users.Passed).To(BeNumerically("==", 20))

		books, err := fresh.Phonebooks(ctx, tenant)
		Expect(err).NotTo(HaveOccurred())
		Expect(books).To(HaveLen(20))
		for _, book := range books {
			contacts, err := fresh.Contacts(ctx, tenant, book.ID)
			Expect(err).NotTo(HaveOccurred())
			Expect(contacts).To(HaveExactElements(And(HaveField("Name", book.Name), HaveField("Note", "Countess of Lovelace"), HaveField("Version", 3))),
				"each has the contact of its own user alone, edited twice")
		}
		Expect(fresh.Violations(ctx, tenant)).To(BeEmpty())
	}, SpecTimeout(2*time.Minute))
})
