package races_test

import (
	"context"
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/specs/internal/office"
)

type body = func(ctx context.Context, g Gomega, s *sessions.Browser)

// stage is the tenant of the round, and what its users agree about.
type stage struct {
	office.Company
	token string // of a form
}

func nothing(context.Context, Gomega, *sessions.Browser) {}

func createsPhonebook(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Fill(ctx, "#new-phonebook-name", "Suppliers")).To(Succeed())
	g.Expect(s.Click(ctx, "#new-phonebook-create")).To(Succeed())
	g.Expect(s.Text(ctx, "#phonebook-name")).To(Equal("Suppliers"))
}

func createsContact(ctx context.Context, g Gomega, s *sessions.Browser) {
	createsPhonebook(ctx, g, s)
	fillsContact("Ada")(ctx, g, s)
	g.Expect(s.Click(ctx, "#contact-add")).To(Succeed())
	g.Expect(s.Text(ctx, "[data-testid=contact]")).To(ContainSubstring("Ada"))
}

func opensPhonebook(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
	g.Expect(s.Click(ctx, "[data-testid=phonebook-link]")).To(Succeed())
}

func fillsContact(name string) body {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		g.Expect(s.Fill(ctx, "#contact-name", name)).To(Succeed())
		g.Expect(s.Fill(ctx, "#contact-phone", "1")).To(Succeed())
	}
}

// opensAndFillsContact goes to the phonebook and fills a new contact in.
func opensAndFillsContact(name string) body {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		opensPhonebook(ctx, g, s)
		fillsContact(name)(ctx, g, s)
	}
}

func opensRename(ctx context.Context, g Gomega, s *sessions.Browser) {
	opensPhonebook(ctx, g, s)
	g.Expect(s.Click(ctx, "#edit-phonebook")).To(Succeed())
	g.Expect(s.Fill(ctx, "#rename-name", "Partners")).To(Succeed())
}

// opensContact goes to a contact's form and changes one field of it.
func opensContact(field, value string) body {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		opensPhonebook(ctx, g, s)
		g.Expect(s.Click(ctx, "[data-testid=contact-edit]")).To(Succeed())
		g.Expect(s.Fill(ctx, field, value)).To(Succeed())
	}
}

func namesPhonebook(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
	g.Expect(s.Fill(ctx, "#new-phonebook-name", "Suppliers")).To(Succeed())
}

// sharesForm and takesForm are a form that one user has open in two windows, as after a restored tab or a double click.
func (st *stage) sharesForm(ctx context.Context, g Gomega, s *sessions.Browser) {
	opensAndFillsContact("Ada")(ctx, g, s)
	g.Expect(s.Evaluate(ctx, `document.querySelector("[name=token]").value`, &st.token)).To(Succeed())
}

func (st *stage) takesForm(ctx context.Context, g Gomega, s *sessions.Browser) {
	opensAndFillsContact("Ada")(ctx, g, s)
	g.Expect(s.Evaluate(ctx, fmt.Sprintf(`document.querySelector("[name=token]").value = %q`, st.token), nil)).To(Succeed())
}

// presses clicks and lets the answer come, whatever it is: who loses a race is refused.
func presses(button string) body {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		g.Expect(s.Click(ctx, button)).To(Succeed())
	}
}
