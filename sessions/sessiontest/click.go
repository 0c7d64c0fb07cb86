package sessiontest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

const clicked = `<button id=b onclick="document.title='clicked'">press</button>`

// clickWorks checks that a click gets through to the button #b in the end.
func clickWorks(body string) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		b := s.at(t, body)
		must(t, b.Click(t.Context(), "#b"))
		if title := value[string](t, b, "document.title"); title != "clicked" {
			t.Errorf("title = %q", title)
		}
	}
}

// clickFails checks that a click gives up and says why.
func clickFails(body string, want ...string) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		b := s.at(t, body)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := b.Click(ctx, "#b")
		if err == nil {
			t.Fatal("the click got through")
		}
		for _, part := range append(want, "last seen: ", "hint: ", `click "#b"`) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the error lacks %q: %v", part, err)
			}
		}
	}
}

// plainTextIsNamed checks that whoever forgot a Content-Type is told so.
func plainTextIsNamed(t *testing.T, s *suite) {
	b := s.open(t)
	must(t, b.Navigate(t.Context(), "/plain"))
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := b.Click(ctx, "#b"); err == nil || !strings.Contains(err.Error(), "hint: the server calls the page text/plain") {
		t.Error(err)
	}
}

var clickChecks = map[string]func(*testing.T, *suite){
	"at once":           clickWorks(clicked),
	"of plain text":     plainTextIsNamed,
	"below the fold":    clickWorks(`<div style="height:5000px"></div>` + clicked),
	"right of the fold": clickWorks(`<div style="width:5000px;text-align:right">` + clicked + `</div>`),
	"in a scrolled box": clickWorks(`<div style="height:100px;overflow:auto"><div style="height:2000px"></div>` + clicked + `</div>`),
	"comes late":        clickWorks("<script>setTimeout(() => document.body.innerHTML = `" + clicked + "`, 100)</script>"),
	"is enabled late":   clickWorks(strings.Replace(clicked, "<button", "<button disabled", 1) + `<script>setTimeout(() => b.disabled = false, 100)</script>`),
	"is shown late":     clickWorks(strings.Replace(clicked, "<button", "<button hidden", 1) + `<script>setTimeout(() => b.hidden = false, 100)</script>`),
	"is uncovered late": clickWorks(clicked + `<div id=veil style="position:fixed;inset:0"></div><script>setTimeout(() => veil.remove(), 100)</script>`),
	"has a child":       clickWorks(strings.Replace(clicked, "press", "<b>press</b>", 1)),

	"missing":   clickFails("<p>nothing", "no element matches"),
	"disabled":  clickFails(strings.Replace(clicked, "<button", "<button disabled", 1), "button#b is disabled"),
	"invisible": clickFails(strings.Replace(clicked, "<button", "<button hidden", 1), "button#b is not visible"),
	"covered":   clickFails(clicked+`<div id=veil class=modal style="position:fixed;inset:0"></div>`, "button#b is covered by div#veil.modal"),

	"no selector": func(t *testing.T, s *suite) {
		b := s.at(t, clicked)
		start := time.Now()
		err := b.Click(t.Context(), "#b[")
		if !errors.Is(err, sessions.ErrInvalidOption) || time.Since(start) > patience/2 {
			t.Errorf("error = %v after %v", err, time.Since(start))
		}
	},
	"follows a link": func(t *testing.T, s *suite) {
		b := s.at(t, `<a id=b href="`+page("<p>there")+`">go</a>`)
		must(t, b.Click(t.Context(), "#b"))
		if text, err := b.Text(t.Context(), "p"); err != nil || text != "there" {
			t.Errorf("text = %q, %v", text, err)
		}
	},
}
