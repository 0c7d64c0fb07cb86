package check_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

func answer() *httpuser.Response {
	return &httpuser.Response{Status: 201, Took: 20 * time.Millisecond, Header: map[string][]string{"Content-Type": {"application/json"}},
		Body: []byte(`{"items":[{"id":7},{"id":8}],"name":"Ada Lovelace"}`)}
}

func TestChecksAsTexts(t *testing.T) {
	for text, holds := range map[string]bool{
		"status = 201": true, "status = 200,201": true, "status = 200": false, "status != 500": true, "status any": true,
		"header Content-Type contains json": true, "header content-type not contains json": false, "header X-None": false, "header X-None not exists": true,
		"json $.items[0].id = 7": true, "json $.items[*].id count 2": true, "json $.items[0].id != 7": false, "json $.items[1].id >= 8": true,
		`body contains "Ada Lovelace"`: true, "body contains Bob": false, `regexp "\"id\":(\\d+)" = 7`: true, "body matches `Ada\\s`": true,
		"size <= 100": true, "size >= 100": false, "time <= 1s": true, "time <= 1ms": false,
		"json $.name save name": true, "json $.name not save name": false,
	} {
		c, err := check.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		saved := map[string]any{}
		err = check.Must(c, check.AnyStatus()).HTTP(answer(), func(name string, value any) { saved[name] = value })
		if (err == nil) != holds {
			t.Errorf("%s: %v, want it to hold: %v", text, err, holds)
		}
		if text == "json $.name save name" && saved["name"] != "Ada Lovelace" {
			t.Errorf("saved %v", saved)
		}
	}
}

func TestTextsThatAreNoChecks(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `"" cannot be looked at; there are status`,
		"cookie a = b":          `"cookie" cannot be looked at`,
		"status 200":            `after status, "200" is not known; want status = 200`,
		"status = ok":           `"ok" is no status`,
		"json":                  "what to look for in json is missing",
		"json $.a[ = 1":         "column",
		"json $.a =":            "what to compare with is missing",
		"json $.a is 1":         `"is" is no condition; there are exists`,
		"json $.a = 1 and more": `"and" is too much`,
		"json $.a count many":   `count "many": want a number`,
		"time <= 5":             `"5" is no time`,
		"size <= big":           `"big" is no number`,
		`body contains "open`:   "a quotation mark is not closed",
	} {
		_, err := check.Parse(text)
		if !errors.Is(err, sessions.ErrInvalidOption) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"status = 200,201", `json "$.a[*]" count 2 save x`, "regexp `a(b)` not = c", "css p"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := check.Parse(text); err == nil {
			_ = check.Must(c).HTTP(answer(), nil)
		}
	})
}
