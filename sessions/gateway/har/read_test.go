package har_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway/har"
)

// TestReadOfOtherTools reads what browsers write: members of their own, sizes that are not known, and less than the
// format demands.
func TestReadOfOtherTools(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "browser.har"))
	if err != nil {
		t.Fatal(err)
	}
	log := read(t, "\uFEFF"+string(text))
	if log.Creator.Name != "WebInspector" || len(log.Pages) != 1 || len(log.Entries) != 3 {
		t.Fatalf("%+v", log)
	}
	first, second, third := log.Entries[0], log.Entries[1], log.Entries[2]
	if first.Pageref != "page_1" || first.Request.PostData.Text != "name=Friends&note=a+b" || first.Request.PostData.Params[1] != (har.Param{Name: "note", Value: "a b"}) ||
		first.Request.HeadersSize != -1 || first.Response.Content.Encoding != "base64" || first.Timings.Blocked.Duration() != 1500*time.Microsecond {
		t.Errorf("%+v", first)
	}
	if second.Response.Status != 0 || second.Origin != (har.Origin{Number: 4}) || second.Timings.Blocked.Duration() != 0 {
		t.Errorf("%+v", second)
	}
	if want := time.Date(2026, 3, 1, 9, 30, 1, 0, time.UTC); !second.Started.Equal(want) || !third.Started.Equal(want) {
		t.Errorf("%v and %v, want %v", second.Started, third.Started, want)
	}
}

const entry = `{"startedDateTime":"2026-03-01T09:30:00Z","request":{"method":"GET","url":"http://a/"}}`

func TestReadMalformed(t *testing.T) {
	for given, want := range map[string]string{
		"":                                "line 1, column 1: unexpected end of JSON input",
		"<html>":                          "line 1, column 1: invalid character '<' looking for beginning of value",
		"[]":                              "line 1, column 1: the document is not an object",
		"{}":                              `line 1, column 1: there is no "log"`,
		"{\n \"log\":\n null}":            `line 3, column 2: "log" is not an object`,
		`{"log":{"version":"1.2"}}`:       `line 1, column 1: "log" has no "entries"`,
		`{"log":{"entries":{}}}`:          `line 1, column 19: "entries" is not a list`,
		`{"log":{"entries":[1]}}`:         `line 1, column 20: entry 1 cannot be a number`,
		`{"log":{"version":1.2}}`:         `line 1, column 19: version cannot be a number`,
		"{\"log\":{\"entries\":[\n\n  {]": "line 3, column 4: invalid character ']' looking for beginning of object key string",
		`{"log":{"entries":[` + entry + ",\n " + `{"startedDateTime":"2026-03-01T09:30:00Z","request":{"method":"GET"}}]}}`:            "line 2, column 2: entry 2: request.url is missing",
		`{"log":{"entries":[{"request":{"method":"GET","url":"http://a/"}}]}}`:                                                         "line 1, column 20: entry 1: startedDateTime is missing",
		"{\"log\":{\"entries\":[\n{\"startedDateTime\":\"2026-03-01T09:30:00Z\",\n \"request\":{\"method\":\"GET\",\n  \"url\":7}}]}}": "line 4, column 9: entry 1: request.url cannot be a number",
		`{"log":{"entries":[{"startedDateTime":"yesterday","request":{"method":"GET","url":"http://a/"}}]}}`:                           `line 1, column 20: entry 1: "yesterday" is no time, want one as in 2006-01-02T15:04:05.000Z`,
		`{"log":{"entries":[` + entry + `]}} {}`: "line 1, column 111: invalid character '{' after top-level value",
	} {
		_, err := har.Read(strings.NewReader(given))
		if !errors.Is(err, har.ErrMalformed) || err.Error() != "malformed HAR: "+want {
			t.Errorf("%s\n got %v\nwant malformed HAR: %s", given, err, want)
		}
	}
	if log := read(t, `{"log":{"entries":[`+entry+`]}}`); len(log.Entries) != 1 {
		t.Errorf("the sound twin has %d entries", len(log.Entries))
	}
}

// Whatever is given is refused with its place, or can be used.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"browser.har", "owner.har"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(`{"log":{"entries":[` + entry + `]}}`)
	f.Add(`{"log":{"entries":[{}]}, "log":{"entries":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		log, err := har.Read(strings.NewReader(text))
		if err != nil {
			if !errors.Is(err, har.ErrMalformed) || !strings.Contains(err.Error(), "line ") {
				t.Errorf("%v", err)
			}
			return
		}
		for _, e := range log.Entries {
			if e.Request.Method == "" || e.Request.URL == "" || e.Started.IsZero() || e.Time.Duration() < 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
