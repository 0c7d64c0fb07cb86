package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// entry is what a user does at the phonebook: as whom, and with which name.
type entry struct{ tenant, user, password, name string }

// entryOf takes what the row has; the others are those of "lockstep phonebook", and a name that nobody else has.
func entryOf(row data.Row, user string, iteration int) entry {
	or := func(column, otherwise string) string {
		if value, ok := row.Lookup(column); ok {
			return value
		}
		return otherwise
	}
	return entry{or("tenant", "acme"), or("user", "owner"), or("password", phonebook.DefaultPassword), or("name", fmt.Sprintf("%s %d", user, iteration))}
}

var (
	loggedIn = check.Must(check.Status(http.StatusOK), check.JSON("$.token").Save("token"))
	created  = check.Must(check.Status(http.StatusCreated), check.JSON("$.id").Save("id"))
)

// virtualPhonebook creates a phonebook and deletes it, as a program does.
func (t *template) virtualPhonebook(ctx context.Context, u *load.User) error {
	row, err := t.draw(ctx, u)
	if err != nil {
		return err
	}
	e := entryOf(row, u.Name(), u.Iteration())
	if as := e.tenant + " " + e.user; u.VarText("as") != as {
		credentials := map[string]string{"tenant": e.tenant, "user": e.user, "password": e.password}
		if _, err := u.Do(ctx, virtual.Request{Name: "log in", Path: "/api/login", JSON: credentials, Check: loggedIn}); err != nil {
			return err
		}
		if err := u.SetHeader("Authorization", "Bearer "+u.VarText("token")); err != nil {
			return err
		}
		u.SetVar("as", as)
	}
	if _, err := u.Do(ctx, virtual.Request{Name: "create", Path: "/api/phonebooks", JSON: map[string]string{"name": e.name}, Check: created}); err != nil {
		return err
	}
	_, err = u.Do(ctx, virtual.Request{Name: "delete", Method: http.MethodDelete, Path: "/api/phonebooks/" + u.VarText("id")})
	return err
}

// browsePhonebook does the same as a person does.
func (t *template) browsePhonebook(ctx context.Context, g gomega.Gomega, u *coexist.BrowserUser) error {
	row, err := t.draw(ctx, u)
	if err != nil {
		return err
	}
	e := entryOf(row, u.Name(), u.Iteration())
	ok := gomega.Succeed
	g.Expect(u.Navigate(ctx, "/login")).To(ok())
	g.Expect(u.Fill(ctx, "#login-tenant", e.tenant)).To(ok())
	g.Expect(u.Fill(ctx, "#login-user", e.user)).To(ok())
	g.Expect(u.Fill(ctx, "#login-password", e.password)).To(ok())
	g.Expect(u.Click(ctx, "#login-submit")).To(ok())
	g.Expect(u.Navigate(ctx, "/phonebooks")).To(ok())
	g.Expect(u.Fill(ctx, "#new-phonebook-name", e.name)).To(ok())
	g.Expect(u.Click(ctx, "#new-phonebook-create")).To(ok())
	var alert string
	g.Expect(u.Evaluate(ctx, `document.querySelector("#alert")?.textContent ?? ""`, &alert)).To(ok())
	if alert != "" {
		return fmt.Errorf("the page tells: %s", alert)
	}
	g.Expect(u.Text(ctx, "#phonebook-name")).To(gomega.Equal(e.name))
	g.Expect(u.Click(ctx, "#delete-phonebook")).To(ok())
	return nil
}
