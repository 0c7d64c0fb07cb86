package load_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestLoad(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Load")
}

// tenant is the one of all users.
const tenant = "acme"

// phonebookApp starts a phonebook with an owner and a clerk.
func phonebookApp(ctx context.Context) *phonebook.Server {
	GinkgoHelper()
	app, err := phonebook.Start(ctx, phonebook.Options{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(app.Close)
	Expect(app.AddTenant(ctx, phonebook.Tenant{Name: tenant, Users: []phonebook.User{{Name: "owner", Role: phonebook.Admin}, {Name: "clerk"}}})).To(Succeed())
	return app
}

var loggedIn = check.Must(check.Status(http.StatusOK), check.JSON("$.token").Save("token"))

// clerk logs in and looks at the phonebooks again and again, as a program does.
func clerk(ctx context.Context, u *load.User) error {
	if _, err := u.Do(ctx, virtual.Request{Name: "log in", Path: "/api/login", Check: loggedIn, JSON: map[string]string{
		"tenant": tenant, "user": "clerk", "password": phonebook.DefaultPassword,
	}}); err != nil {
		return err
	}
	if err := u.SetHeader("Authorization", "Bearer "+u.VarText("token")); err != nil {
		return err
	}
	for range 10 {
		if _, err := u.Do(ctx, virtual.Request{Name: "list", Path: "/api/phonebooks"}); err != nil {
			return err
		}
		if err := u.Pause(ctx); err != nil {
			return err
		}
	}
	_, err := u.Vars().Delta(ctx, "clerks", 1)
	return err
}

// owner logs in, and opens the list of phonebooks several times; what each page takes is measured.
func owner(beside *load.Beside) func(ctx context.Context, g Gomega, s *sessions.Browser) {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		g.Expect(s.Navigate(ctx, "/login")).To(Succeed())
		g.Expect(s.Fill(ctx, "#login-tenant", tenant)).To(Succeed())
		g.Expect(s.Fill(ctx, "#login-user", "owner")).To(Succeed())
		g.Expect(s.Fill(ctx, "#login-password", phonebook.DefaultPassword)).To(Succeed())
		g.Expect(s.Click(ctx, "#login-submit")).To(Succeed())
		g.Expect(s.Text(ctx, "#user-name")).To(Equal("owner"))
		for n := range 5 {
			g.Expect(beside.Measure("opens the list", func() error {
				if err := s.Navigate(ctx, "/phonebooks"); err != nil {
					return err
				}
				_, err := s.Text(ctx, "#new-phonebook-create")
				return err
			})).To(Succeed(), fmt.Sprintf("time %d", n+1))
		}
	}
}
