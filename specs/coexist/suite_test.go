package coexist_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestCoexist(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Coexist")
}

// tenant is the one of all users.
const tenant = "acme"

// phonebookApp starts a phonebook with an owner, as whom all users log in.
func phonebookApp(ctx context.Context) *phonebook.Server {
	GinkgoHelper()
	app, err := phonebook.Start(ctx, phonebook.Options{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(app.Close)
	Expect(app.AddTenant(ctx, phonebook.Tenant{Name: tenant, Users: []phonebook.User{{Name: "owner", Role: phonebook.Admin}}})).To(Succeed())
	return app
}

// The ways in which names are given to users: each user on its own takes one after the other, so that all have the same at
// about the same time; or takes the first and keeps it, so that they always do; or each name has one holder.
var (
	shared = data.Options{Policy: data.OncePerUser, OutOfValues: data.KeepLast, Columns: []string{"name"}}
	kept   = data.Options{Policy: data.OncePerUser, Update: data.Once, Columns: []string{"name"}}
	leased = data.Options{Policy: data.Lease, Columns: []string{"name"}}
)

// phonebookNames feeds users with so many names.
func phonebookNames(o data.Options, n int) *data.Feeder {
	GinkgoHelper()
	content := "name\n"
	for n := range n {
		content += fmt.Sprintf("Suppliers %d\n", n+1)
	}
	path := filepath.Join(GinkgoT().TempDir(), "names.csv")
	Expect(os.WriteFile(path, []byte(content), 0o644)).To(Succeed())
	names, err := data.New("names", data.CSV(path), o)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(names.Close)
	return names
}

// pool is one of browsers with the driver.
func pool(driver string) *browser.Pool {
	GinkgoHelper()
	d, err := sessions.Driver(driver)
	Expect(err).NotTo(HaveOccurred())
	p, err := browser.NewPool(d, browser.PoolOptions{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(p.Close)
	return p
}

// clerks create a phonebook and delete it again, as programs do.
func clerks(app *phonebook.Server, names *data.Feeder) coexist.Scenario {
	GinkgoHelper()
	return coexist.Virtual(clerkScenario(app, names))
}

func clerkScenario(app *phonebook.Server, names *data.Feeder) load.Scenario {
	GinkgoHelper()
	target, err := virtual.NewTarget(virtual.Options{BaseURL: app.URL()})
	Expect(err).NotTo(HaveOccurred())
	loggedIn := check.Must(check.Status(http.StatusOK), check.JSON("$.token").Save("token"))
	created := check.Must(check.Status(http.StatusCreated), check.JSON("$.id").Save("id"))
	return load.Scenario{Name: "clerks", Target: target, Tenant: tenant, Feeders: []*data.Feeder{names},
		User: func(ctx context.Context, u *load.User) error {
			if u.Iteration() == 1 {
				credentials := map[string]string{"tenant": tenant, "user": "owner", "password": phonebook.DefaultPassword}
				if _, err := u.Do(ctx, virtual.Request{Name: "log in", Path: "/api/login", JSON: credentials, Check: loggedIn}); err != nil {
					return err
				}
				if err := u.SetHeader("Authorization", "Bearer "+u.VarText("token")); err != nil {
					return err
				}
			}
			row, err := u.Draw(ctx, names)
			if err != nil {
				return err
			}
			name := map[string]string{"name": row.Value("name")}
			if _, err := u.Do(ctx, virtual.Request{Name: "create", Path: "/api/phonebooks", JSON: name, Check: created}); err != nil {
				return err
			}
			_, err = u.Do(ctx, virtual.Request{Name: "delete", Method: http.MethodDelete, Path: "/api/phonebooks/" + u.VarText("id")})
			return err
		}}
}

// people do the same in browsers.
func people(app *phonebook.Server, names *data.Feeder, pages *browser.Pool) coexist.Scenario {
	return coexist.InBrowsers(coexist.BrowserScenario{
		Name: "people", Tenant: tenant, Pool: pages, Session: sessions.BrowserOptions{BaseURL: app.URL()}, Feeders: []*data.Feeder{names},
		User: func(ctx context.Context, g Gomega, u *coexist.BrowserUser) error {
			if u.Iteration() == 1 {
				logIn(ctx, g, u.Browser)
			}
			row, err := u.Draw(ctx, names)
			if err != nil {
				return err
			}
			g.Expect(u.Navigate(ctx, "/phonebooks")).To(Succeed())
			g.Expect(u.Fill(ctx, "#new-phonebook-name", row.Value("name"))).To(Succeed())
			g.Expect(u.Click(ctx, "#new-phonebook-create")).To(Succeed())
			var alert string
			g.Expect(u.Evaluate(ctx, `document.querySelector("#alert")?.textContent ?? ""`, &alert)).To(Succeed())
			g.Expect(alert).To(BeEmpty(), "the name is this user's, so the phonebook tells nothing")
			g.Expect(u.Text(ctx, "#phonebook-name")).To(Equal(row.Value("name")))
			g.Expect(u.Click(ctx, "#delete-phonebook")).To(Succeed())
			return nil
		}})
}

func logIn(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/login")).To(Succeed())
	g.Expect(s.Fill(ctx, "#login-tenant", tenant)).To(Succeed())
	g.Expect(s.Fill(ctx, "#login-user", "owner")).To(Succeed())
	g.Expect(s.Fill(ctx, "#login-password", phonebook.DefaultPassword)).To(Succeed())
	g.Expect(s.Click(ctx, "#login-submit")).To(Succeed())
	g.Expect(s.Text(ctx, "#user-name")).To(Equal("owner"))
}

// fileOf is where the feeder has its rows from.
func fileOf(ctx context.Context, f *data.Feeder) string {
	GinkgoHelper()
	looker := data.NewUser(ctx, "looker")
	defer looker.End()
	looker.Begin(ctx)
	row, err := f.Draw(ctx, looker)
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSuffix(row.Place(), fmt.Sprint(":", row.Line()))
}
