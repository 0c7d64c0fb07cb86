package phonebook_test

import (
	"context"
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/sessions"
)

// What users do, as bodies of steps. A user logs in when he comes for the first time; the session's name is
// the user's.

type browserBody = func(ctx context.Context, g Gomega, s *sessions.Browser)

func logIn(ctx context.Context, g Gomega, s *sessions.Browser) {
	g.Expect(s.Navigate(ctx, "/login")).To(Succeed())
	g.Expect(s.Fill(ctx, "#login-tenant", s.Tenant())).To(Succeed())
	g.Expect(s.Fill(ctx, "#login-user", s.Name())).To(Succeed())
	g.Expect(s.Fill(ctx, "#login-password", phonebook.DefaultPassword)).To(Succeed())
	g.Expect(s.Click(ctx, "#login-submit")).To(Succeed())
	g.Expect(s.Text(ctx, "#user-name")).To(Equal(s.Name()))
}

// createsPhonebooks creates phonebooks and opens the first.
func createsPhonebooks(names ...string) browserBody {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		logIn(ctx, g, s)
		for _, name := range names {
			g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
			g.Expect(s.Fill(ctx, "#new-phonebook-name", name)).To(Succeed())
			g.Expect(s.Click(ctx, "#new-phonebook-create")).To(Succeed())
			g.Eventually(ctx, func() (string, error) { return s.Text(ctx, "#phonebook-name") }).Should(Equal(name))
		}
		opens(ctx, g, s, names[0])
	}
}

// opens goes to a phonebook as a person does, by its link in the list.
func opens(ctx context.Context, g Gomega, s *sessions.Browser, name string) {
	g.Expect(s.Navigate(ctx, "/phonebooks")).To(Succeed())
	g.Expect(s.Click(ctx, fmt.Sprintf("[data-name=%q] [data-testid=phonebook-link]", name))).To(Succeed())
	g.Expect(s.Text(ctx, "#phonebook-name")).To(Equal(name))
}

// addsContact logs in and adds a contact to a phonebook.
func addsContact(phonebook, contact string) browserBody {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		logIn(ctx, g, s)
		addContact(ctx, g, s, phonebook, contact)
	}
}

func addContact(ctx context.Context, g Gomega, s *sessions.Browser, phonebook, contact string) {
	opens(ctx, g, s, phonebook)
	g.Expect(s.Fill(ctx, "#contact-name", contact)).To(Succeed())
	g.Expect(s.Fill(ctx, "#contact-phone", "+49 30 1234")).To(Succeed())
	g.Expect(s.Click(ctx, "#contact-add")).To(Succeed())
	g.Expect(s.Text(ctx, fmt.Sprintf("[data-testid=contact][data-name=%q]", contact))).To(ContainSubstring(contact))
}

// pressesAndIsRefused presses a button of the page that is open and must get the error.
func pressesAndIsRefused(button string) browserBody {
	return func(ctx context.Context, g Gomega, s *sessions.Browser) {
		g.Expect(s.Click(ctx, button)).To(Succeed())
		g.Expect(s.Text(ctx, "[role=alert]")).To(ContainSubstring("not empty"))
	}
}
