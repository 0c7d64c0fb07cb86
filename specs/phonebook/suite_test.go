package phonebook_test

import (
	"context"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness"
	lockstepreport "github.com/seed49090845/lockstep/harness/report"
)

func TestPhonebook(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Phonebook")
}

// envDefects names the variable that switches defects on for the whole suite, to see what it finds:
// `make run DEFECTS=tenant-cache-key`.
const envDefects = "PHONEBOOK_DEFECTS"

// phonebookApp starts a phonebook for the spec, with the tenant acme, an admin "owner" and four members.
func phonebookApp(ctx context.Context, defects ...phonebook.Defect) *phonebook.Server {
	GinkgoHelper()
	more, err := phonebook.ParseDefects(os.Getenv(envDefects))
	Expect(err).NotTo(HaveOccurred())
	defects = append(defects, more...)
	app, err := phonebook.Start(ctx, phonebook.Options{Defects: defects})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(app.Close)
	Expect(app.AddTenant(ctx, phonebook.Tenant{Name: "acme", Users: []phonebook.User{
		{Name: "owner", Role: phonebook.Admin}, {Name: "colleague"},
		{Name: "clerk"}, {Name: "intern"}, {Name: "auditor"},
	}})).To(Succeed())
	return app
}

// harnessFor makes a harness for the application.
func harnessFor(app *phonebook.Server, driver string, options ...harness.Option) *harness.Harness {
	return harness.New(GinkgoT(), append([]harness.Option{harness.Driver(driver), harness.BaseURL(app.URL())}, options...)...)
}

// twin marks specs that prove that the check of another can fail; `make run` leaves them out.
var twin = Label("twin")

// quickly lets a spec whose check must fail not wait as long as one whose check must pass may.
var quickly = harness.ActionTimeout(2 * time.Second)

// The suite's own report: JUnit and JSON, which `lockstep report` shows as a table.
var _ = ReportAfterSuite("results", func(report Report) {
	folder := os.Getenv(harness.EnvArtifacts)
	if folder == "" {
		return
	}
	results, err := harness.Results(report)
	Expect(err).NotTo(HaveOccurred())
	_, err = lockstepreport.Write(folder, "phonebook", results)
	Expect(err).NotTo(HaveOccurred())
})
