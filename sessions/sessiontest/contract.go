package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Open opens a session for a test, which closes it. Addresses are relative to base.
type Open func(t *testing.T, id sessions.Identity, base string) sessions.Session

// patience is how long a check waits for something that should come at once.
const patience = 20 * time.Second

// Run checks what all kinds of sessions have in common.
func Run(t *testing.T, kind sessions.Kind, open Open) {
	base := serve(t)
	for name, check := range map[string]func(*testing.T, sessions.Session, Open, string){
		"tells who it is":                      func(t *testing.T, s sessions.Session, _ Open, _ string) { checkIdentity(t, s, kind) },
		"tells what it does":                   checkDoing,
		"is over after Close":                  checkClose,
		"keeps its cookies to itself":          checkCookies,
		"ends a verb with its context's cause": checkCause,
		"names itself in every error":          checkErrors,
		"always gives evidence":                checkEvidence,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, open(t, sessions.Identity{Name: "acme.owner", Tenant: "acme"}, base), open, base)
		})
	}
}

// visit goes to an address with whatever verb the session has for it, and returns the text of an element.
func visit(ctx context.Context, s sessions.Session, address, selector string) (string, error) {
	switch s := s.(type) {
	case *sessions.Browser:
		if err := s.Navigate(ctx, address); err != nil {
			return "", err
		}
		return s.Text(ctx, selector)
	case *sessions.HTTP:
		response, err := s.Get(ctx, address)
		if err != nil {
			return "", err
		}
		return response.Text(selector)
	case *virtual.User:
		response, err := s.Get(ctx, address)
		if err != nil {
			return "", err
		}
		document, err := goquery.NewDocumentFromReader(bytes.NewReader(response.Body)) // it has no selectors of its own
		if err != nil {
			return "", err
		}
		return document.Find(selector).First().Text(), nil
	}
	return "", errors.New("sessiontest: an unknown kind of session")
}

func checkIdentity(t *testing.T, s sessions.Session, kind sessions.Kind) {
	if s.Name() != "acme.owner" || s.Tenant() != "acme" || s.Kind() != kind {
		t.Errorf("it is %s of %s, a %s", s.Name(), s.Tenant(), s.Kind())
	}
	if s.Err() != nil {
		t.Errorf("Err = %v before the end", s.Err())
	}
	if idle := s.Doing(); idle.String() != "idle" {
		t.Errorf("Doing = %v before the first verb", idle)
	}
}

func checkDoing(t *testing.T, s sessions.Session, _ Open, _ string) {
	ctx, cancel := context.WithCancel(t.Context())
	visited := make(chan error, 1)
	go func() { _, err := visit(ctx, s, "/hang", "p"); visited <- err }()
	eventually(t, "it is busy", func() bool { return strings.Contains(s.Doing().String(), "/hang") })
	if busy := s.Doing(); busy.Took != 0 || busy.Since.IsZero() {
		t.Errorf("Doing = %+v while busy", busy)
	}
	cancel()
	if err := <-visited; err == nil {
		t.Error("a verb whose context ended did not fail")
	}
	if after := s.Doing(); after.Took <= 0 || !strings.HasPrefix(after.String(), "idle after ") {
		t.Errorf("Doing = %v after the verb", after)
	}
}

func checkClose(t *testing.T, s sessions.Session, _ Open, _ string) {
	ctx := t.Context()
	for range 2 {
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	within(t, patience, "Done is closed", s.Done())
	if err := s.Err(); !errors.Is(err, browser.ErrClosed) {
		t.Errorf("Err = %v after Close", err)
	}
	if _, err := visit(ctx, s, "/", "p"); !errors.Is(err, browser.ErrClosed) {
		t.Errorf("a verb after Close: %v", err)
	}
}

func checkCookies(t *testing.T, s sessions.Session, open Open, base string) {
	other := open(t, sessions.Identity{Name: "acme.clerk", Tenant: "acme"}, base)
	if user, err := visit(t.Context(), s, "/cookie/set?user=owner", "#user"); err != nil || user != "owner" {
		t.Errorf("after the redirect it is %q, %v", user, err)
	}
	if user, err := visit(t.Context(), s, "/cookie/show", "#user"); err != nil || user != "owner" {
		t.Errorf("later it is %q, %v", user, err)
	}
	if user, err := visit(t.Context(), other, "/cookie/show", "#user"); err != nil || user != "nobody" {
		t.Errorf("another session is %q, %v", user, err)
	}
}

func checkCause(t *testing.T, s sessions.Session, _ Open, _ string) {
	cause := errors.New("the referee whistled")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
	defer stop.Stop()
	_, err := visit(ctx, s, "/hang", "p")
	if !errors.Is(err, cause) {
		t.Errorf("error = %v, without the cause", err)
	}
	if _, err := visit(ctx, s, "/", "p"); !errors.Is(err, cause) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func checkErrors(t *testing.T, s sessions.Session, _ Open, _ string) {
	for _, address := range []string{"http://127.0.0.1:1/refused", "/cut", "http://[bad"} {
		_, err := visit(t.Context(), s, address, "p")
		var named *sessions.SessionError
		if !errors.As(err, &named) || named.Session != "acme.owner" || !strings.HasPrefix(err.Error(), "acme.owner: ") {
			t.Errorf("visit %s: %v", address, err)
		}
		var action *sessions.ActionError
		if !errors.As(err, &action) || !strings.Contains(action.Action, address) {
			t.Errorf("visit %s: the action is missing: %v", address, err)
		}
	}
}

func checkEvidence(t *testing.T, s sessions.Session, _ Open, base string) {
	ctx := t.Context()
	if e := s.Evidence(ctx); e == nil || e.Session != "acme.owner" || e.Kind != s.Kind() || e.At.IsZero() {
		t.Errorf("evidence at first: %+v", e)
	}
	if _, err := visit(ctx, s, page("<p>seen"), "p"); err != nil {
		t.Fatal(err)
	}
	e := s.Evidence(ctx)
	if !strings.HasPrefix(e.URL, base) || !strings.Contains(e.Source, "seen") || len(e.Problems) > 0 {
		t.Errorf("evidence of a page: %s, %q, %v", e.URL, e.Source, e.Problems)
	}
	if len(e.Requests) != 1 || e.Requests[0].Status != 200 || e.Requests[0].Took <= 0 {
		t.Errorf("requests: %+v", e.Requests)
	}
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	if e := s.Evidence(ctx); e == nil || len(e.Problems) == 0 || len(e.Requests) != 1 {
		t.Errorf("evidence after Close: %+v", e)
	}
}
