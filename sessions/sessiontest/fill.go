package sessiontest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

// fills checks what a field holds after it was filled, and that the page was told.
func fills(field, text, want string) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		b := s.at(t, field+`<script>f.addEventListener('input', () => document.title = 'told')</script>`)
		must(t, b.Fill(t.Context(), "#f", text))
		if got := value[string](t, b, "f.isContentEditable ? f.textContent : f.value"); got != want {
			t.Errorf("the field holds %q, want %q", got, want)
		}
		if title := value[string](t, b, "document.title"); title != "told" {
			t.Error("the page got no input event")
		}
	}
}

// refuses checks that filling fails with an error that says this.
func refuses(field, text, want string, final bool) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		b := s.at(t, field)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := b.Fill(ctx, "#f", text)
		if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, sessions.ErrInvalidOption) != final {
			t.Errorf("error = %v", err)
		}
	}
}

const list = `<select id=f><option value=1>one<option value=2>two<option value=3 disabled>three</select>`

var fillChecks = map[string]func(*testing.T, *suite){
	"empty field":     fills(`<input id=f>`, "Ada", "Ada"),
	"replaces":        fills(`<input id=f value=before>`, "after", "after"),
	"empties":         fills(`<input id=f value=before>`, "", ""),
	"unicode":         fills(`<input id=f>`, "Zoë 漢字 👩‍🚀", "Zoë 漢字 👩‍🚀"),
	"password":        fills(`<input id=f type=password>`, "hunter2", "hunter2"),
	"number":          fills(`<input id=f type=number value=1>`, "42", "42"),
	"email":           fills(`<input id=f type=email value=a@b>`, "ada@acme.test", "ada@acme.test"),
	"textarea":        fills("<textarea id=f>one\ntwo</textarea>", "three\nfour", "three\nfour"),
	"editable":        fills(`<div id=f contenteditable>before</div>`, "after", "after"),
	"list by label":   fills(list, "two", "2"),
	"list by value":   fills(list, "2", "2"),
	"date":            fills(`<input id=f type=date>`, "2026-02-28", "2026-02-28"),
	"colour":          fills(`<input id=f type=color>`, "#ff0000", "#ff0000"),
	"is enabled late": fills(`<input id=f disabled><script>setTimeout(() => f.disabled = false, 100)</script>`, "Ada", "Ada"),

	"missing option":  refuses(list, "four", `the list has no option "four"`, true),
	"disabled option": refuses(list, "three", `the list has no option "three"`, true),
	"no date":         refuses(`<input id=f type=date>`, "tomorrow", `a field of type date does not take "tomorrow"`, true),
	"read-only":       refuses(`<input id=f readonly>`, "x", "input#f cannot be edited", false),
	"disabled":        refuses(`<input id=f disabled>`, "x", "input#f is disabled", false),
	"checkbox":        refuses(`<input id=f type=checkbox>`, "x", "input#f cannot be edited", false),
	"no field":        refuses(`<p id=f>text`, "x", "p#f cannot be edited", false),
}

var pressChecks = map[string]func(*testing.T, *suite){
	"every named key and characters": func(t *testing.T, s *suite) {
		b := s.at(t, `<input id=f autofocus><script>
			var keys = [];
			addEventListener('keydown', e => { keys.push(e.key); if (e.key.length > 1) e.preventDefault(); });</script>`)
		must(t, b.Click(t.Context(), "#f"))
		all := append([]string{"a", "Z", "7", "?", " "}, browser.NamedKeys...)
		for _, key := range all {
			must(t, b.Press(t.Context(), key))
		}
		if got := strings.Join(value[[]string](t, b, "keys"), ","); got != strings.Join(all, ",") {
			t.Errorf("keys = %s", got)
		}
		if text := value[string](t, b, "f.value"); text != "aZ7? " {
			t.Errorf("the field holds %q", text)
		}
	},
	"enter sends a form": func(t *testing.T, s *suite) {
		b := s.at(t, `<form action=/html><input name=body id=f></form>`)
		must(t, b.Fill(t.Context(), "#f", "<p>sent"))
		must(t, b.Press(t.Context(), "Enter"))
		if text, err := b.Text(t.Context(), "p"); err != nil || text != "sent" {
			t.Errorf("text = %q, %v", text, err)
		}
	},
	"tab moves the focus": func(t *testing.T, s *suite) {
		b := s.at(t, `<input id=f><input id=g>`)
		must(t, b.Click(t.Context(), "#f"))
		must(t, b.Press(t.Context(), "Tab"))
		if id := value[string](t, b, "document.activeElement.id"); id != "g" {
			t.Errorf("the focus is at %q", id)
		}
	},
	"unknown keys": func(t *testing.T, s *suite) {
		b := s.at(t, `<input id=f>`)
		for _, key := range []string{"", "Return", "ab"} {
			if err := b.Press(t.Context(), key); !errors.Is(err, sessions.ErrInvalidOption) {
				t.Errorf("press %q: %v", key, err)
			}
		}
	},
}
