package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed49090845/lockstep/fixtures/phonebook"
	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// phonebookParams are those of the scenario phonebook.
type phonebookParams struct {
	Defects []string `json:"defects,omitempty" nullable:"false" doc:"Defects to switch on; see lockstep phonebook --defects help"`
}

// phonebookScenario is a phonebook of the run's own, whose users fill it. Run variables count what they did, and rules
// that were broken are told at the end.
func phonebookScenario() control.Scenario {
	return control.Define("phonebook", "Users fill a phonebook that is started for the run", func(ctx context.Context, p phonebookParams) (control.Prepared, error) {
		return p.prepare(ctx)
	})
}

func (p phonebookParams) prepare(ctx context.Context) (control.Prepared, error) {
	defects, err := phonebook.ParseDefects(strings.Join(p.Defects, ","))
	if err != nil {
		return control.Prepared{}, err
	}
	app, err := phonebook.Start(context.WithoutCancel(ctx), phonebook.Options{Defects: defects})
	if err != nil {
		return control.Prepared{}, err
	}
	users := []phonebook.User{{Name: "owner", Role: phonebook.Admin}, {Name: "colleague"}, {Name: "clerk"}}
	err = app.AddTenant(ctx, phonebook.Tenant{Name: "acme", Users: users})
	target, targetErr := virtual.NewTarget(virtual.Options{BaseURL: app.URL()})
	if err := errors.Join(err, targetErr); err != nil {
		return control.Prepared{}, errors.Join(err, app.Close())
	}
	return control.Prepared{
		Scenarios: []load.Scenario{{Name: "phonebook", Target: target, User: fillPhonebook}},
		Close: func() error {
			broken, err := app.Violations(context.WithoutCancel(ctx), "acme")
			for _, v := range broken {
				err = errors.Join(err, fmt.Errorf("a rule of the phonebook was broken: %v", v))
			}
			return errors.Join(err, app.Close())
		},
	}, nil
}

var (
	phonebookLoggedIn = check.Must(check.Status(http.StatusOK), check.JSON("$.token").Save("token"))
	phonebookCreated  = check.Must(check.Status(http.StatusCreated), check.JSON("$.id").Save("id"))
	contactAdded      = check.Must(check.Status(http.StatusCreated))
)

// fillPhonebook logs in, creates a phonebook, and adds a contact to it.
func fillPhonebook(ctx context.Context, u *load.User) error {
	name := []string{"owner", "colleague", "clerk"}[u.Number()%3]
	if _, err := u.Do(ctx, virtual.Request{Name: "log in", Path: "/api/login", Check: phonebookLoggedIn,
		JSON: map[string]string{"tenant": "acme", "user": name, "password": phonebook.DefaultPassword}}); err != nil {
		return err
	}
	if err := u.SetHeader("Authorization", "Bearer "+u.VarText("token")); err != nil {
		return err
	}
	book := map[string]string{"name": fmt.Sprintf("book %d of user %d", u.Iteration(), u.Number())}
	if _, err := u.Do(ctx, virtual.Request{Name: "create a phonebook", Path: "/api/phonebooks", JSON: book, Check: phonebookCreated}); err != nil {
		return err
	}
	contact := map[string]string{"name": "Ada", "phone": "+49 30 1234"}
	if _, err := u.Do(ctx, virtual.Request{Name: "add a contact", Path: "/api/phonebooks/" + u.VarText("id") + "/contacts", JSON: contact, Check: contactAdded}); err != nil {
		return err
	}
	if _, err := u.Vars().KeyDelta(ctx, "CONTACTS", name, 1); err != nil {
		return err
	}
	return u.Pause(ctx)
}
