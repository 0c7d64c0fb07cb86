package office

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/sessions"
)

// Company is the tenant of now. App is needed.
type Company struct {
	App *phonebook.Server
	// Quota is how many contacts it may have; 0: no limit.
	Quota int
	// Name is that of the latest that was founded.
	Name string

	founded int
}

// Body is what a person does.
type Body = func(ctx context.Context, g gomega.Gomega, s *sessions.Browser)

// Found makes a new tenant; the one before is nobody's any more. The number is not used: it is that of harness.Before.
func (c *Company) Found(ctx context.Context, _ int) error {
	c.founded++
	c.Name = fmt.Sprintf("company %d", c.founded)
	return c.App.AddTenant(ctx, phonebook.Tenant{Name: c.Name, Quota: c.Quota, Users: []phonebook.User{
		{Name: "owner", Role: phonebook.Admin}, {Name: "colleague"},
	}})
}

// Intact is the phonebook's own judgement: nil, or which of its rules are broken.
func (c *Company) Intact(ctx context.Context) error {
	broken, err := c.App.Violations(ctx, c.Name)
	if err == nil && len(broken) > 0 {
		err = errors.New(strings.Join(broken, "; "))
	}
	return err
}

// LogsIn lets the user log in, and then do the rest.
func (c *Company) LogsIn(user string, then Body) Body {
	return func(ctx context.Context, g gomega.Gomega, s *sessions.Browser) {
		g.Expect(s.Navigate(ctx, "/login")).To(gomega.Succeed())
		for field, text := range map[string]string{"tenant": c.Name, "user": user, "password": phonebook.DefaultPassword} {
			g.Expect(s.Fill(ctx, "#login-"+field, text)).To(gomega.Succeed())
		}
		g.Expect(s.Click(ctx, "#login-submit")).To(gomega.Succeed())
		g.Expect(s.Text(ctx, "#user-name")).To(gomega.Equal(user))
		then(ctx, g, s)
	}
}
