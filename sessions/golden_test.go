package sessions_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
)

var update = flag.Bool("update", false, "write what the errors say now into testdata")

var (
	durations = regexp.MustCompile(`after \d+(\.\d+)?m?s:`)
	times     = regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`)
	processes = regexp.MustCompile(`process \d+`)
)

// golden compares an error's text, without what differs from run to run, with a file.
func golden(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	text := durations.ReplaceAllString(err.Error(), "after TIME:")
	text = processes.ReplaceAllString(text, "process PID") + "\n"
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, readErr := os.ReadFile(path)
	if readErr != nil {
		t.Fatal(readErr)
	}
	if text != string(want) {
		t.Errorf("the error says\n%s\nand %s has\n%s", text, path, want)
	}
}

// TestErrorTextsOfGateways has what sessions say about their gateways: a server that cannot be reached, and a request
// that is held for longer than its verb may take.
func TestErrorTextsOfGateways(t *testing.T) {
	s, err := sessions.OpenHTTP(sessions.Identity{Name: "acme.clerk"}, sessions.HTTPOptions{
		BaseURL: "http://127.0.0.1:1", ActionTimeout: 200 * time.Millisecond, Gateway: &gateway.Options{},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	_, err = s.Get(t.Context(), "/phonebooks?token=hush")
	golden(t, "gateway-no-answer", err)
	golden(t, "gateway-no-answer-json", s.JSON(t.Context(), "POST", "/api/phonebooks", nil, nil))
	if _, err := s.Gateway().Hold(gateway.Match{Path: "/phonebooks/{id}"}); err != nil {
		t.Fatal(err)
	}
	_, err = s.Get(t.Context(), "/phonebooks/1")
	golden(t, "gateway-held", errors.New(times.ReplaceAllString(err.Error(), "TIME")))
}

func TestErrorTexts(t *testing.T) {
	elements := map[string]browsertest.Element{
		"#missing": {Missing: true}, "#hidden": {Hidden: true}, "#disabled": {Disabled: true},
		"#covered": {Covered: "div#veil.modal"}, "#readonly": {ReadOnly: true},
	}
	refused := errors.New("page load error net::ERR_CONNECTION_REFUSED")
	driver := &browsertest.Driver{
		Element: func(_ *browsertest.Page, selector string) browsertest.Element { return elements[selector] },
		Fault:   browsertest.Fail(browsertest.Navigate, 2, refused),
	}
	pool := browsertest.NewPool(t, driver, browser.PoolOptions{PagesPerBrowser: 2})
	s := openIn(t, pool, "acme.owner", sessions.BrowserOptions{BaseURL: "http://phonebook.test", ActionTimeout: 30 * time.Millisecond})
	ctx := t.Context()
	if err := s.Navigate(ctx, "/phonebooks"); err != nil {
		t.Fatal(err)
	}
	golden(t, "navigate-refused", s.Navigate(ctx, "/nobody"))
	for _, what := range []string{"missing", "hidden", "disabled", "covered"} {
		golden(t, "click-"+what, s.Click(ctx, "#"+what))
	}
	golden(t, "fill-readonly", s.Fill(ctx, "#readonly", "x"))

	openIn(t, pool, "acme.clerk", sessions.BrowserOptions{})
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := sessions.OpenBrowser(short, pool, sessions.Identity{Name: "guest"}, sessions.BrowserOptions{})
	golden(t, "all-pages-taken", err)

	driver.Connections()[0].Die()
	until(t, "the process has ended", func() bool { return processes.MatchString(s.Err().Error()) })
	golden(t, "browser-died", s.Click(ctx, "#any"))
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}
