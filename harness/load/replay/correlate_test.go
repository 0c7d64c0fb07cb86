package replay_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/replay"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// entry is an exchange with http://shop.example: "POST /x X-A:1 body", and its answer.
func entry(request string, status int, mime, answer string, header ...string) har.Entry {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	e := har.Entry{
		Request:  har.Request{Method: method, URL: "http://shop.example" + path},
		Response: har.Response{Status: status, Content: har.Content{MimeType: mime, Text: answer}},
	}
	if name, value, found := strings.Cut(body, "="); found && strings.HasPrefix(name, "X-") || strings.HasPrefix(name, "Authorization") {
		e.Request.Headers = append(e.Request.Headers, har.Pair{Name: name, Value: value})
	} else if body != "" {
		mime := "application/x-www-form-urlencoded"
		if strings.HasPrefix(body, "{") {
			mime = "application/json"
		}
		e.Request.PostData = &har.PostData{MimeType: mime, Text: body}
	}
	for i := 0; i < len(header); i += 2 {
		e.Response.Headers = append(e.Response.Headers, har.Pair{Name: header[i], Value: header[i+1]})
		if header[i] == "Location" && status/100 == 3 {
			e.Response.RedirectURL = header[i+1]
		}
	}
	return e
}

const html, jsonType = "text/html", "application/json"

func logOf(entries ...har.Entry) *har.Log {
	for i := range entries {
		entries[i].Started.Time = time.Date(2026, 1, 2, 10, 0, i, 0, time.UTC)
	}
	return &har.Log{Entries: entries}
}

// TestWhereValuesComeFrom tells of each value that is sent whether it is clear which answer brought it.
func TestWhereValuesComeFrom(t *testing.T) {
	for name, c := range map[string]struct {
		entries []har.Entry
		want    []string // FROM>TO PLACE: TAKEN; "marked" where it is not clear
	}{
		"a hidden field": {[]har.Entry{entry("GET /f", 200, html, `<form><input type=hidden name=version value=1></form>`), entry("POST /f version=1", 200, "", "")},
			[]string{`1>2 form version: the hidden field "version"`}},
		"the same hidden field in two forms": {[]har.Entry{
			entry("GET /f", 200, html, `<input type=hidden name=t value=abc123><input type=hidden name=t value=abc123>`), entry("POST /f t=abc123", 200, "", "")},
			[]string{`1>2 form t: the hidden field "t"`}},
		"hidden fields of a name with two values": {[]har.Entry{
			entry("GET /f", 200, html, `<input type=hidden name=t value=abc123><input type=hidden name=t value=def456>`), entry("POST /f t=abc123", 200, "", "")},
			[]string{`1>2 form t: marked`}},
		"the page that was sent, not an earlier one": {[]har.Entry{
			entry("GET /a", 200, html, `<input type=hidden name=version value=1>`), entry("GET /b", 200, html, `<input type=hidden name=version value=1>`),
			entry("POST /b version=1", 200, "", "")},
			[]string{`2>3 form version: the hidden field "version"`}},
		"where a redirect leads": {[]har.Entry{entry("POST /books name=x", 303, "", "", "Location", "/books/7"), entry("GET /books/7", 200, html, "<p>"),
			entry("POST /books/7/pages n=1", 200, "", "")},
			[]string{`1>3 path: where it leads to, /books/{}`}},
		"the Location of what was created": {[]har.Entry{entry("POST /books name=x", 201, "", "", "Location", "http://shop.example/books/7"), entry("GET /books/7", 200, "", "")},
			[]string{`1>2 path: where it leads to, /books/{}`}},
		"the number of what was created": {[]har.Entry{entry(`POST /books {"name":"x"}`, 201, jsonType, `{"id":7,"pages":7}`), entry("GET /books/7", 200, "", "")},
			[]string{`1>2 path: JSON $.id`}},
		"the number of something else": {[]har.Entry{entry(`POST /pens {"name":"x"}`, 201, jsonType, `{"id":7}`), entry("GET /books/7", 200, "", "")}, nil},
		"the only link":                {[]har.Entry{entry("GET /books", 200, html, `<a href=/books/7/edit>e</a>`), entry("GET /books/7/edit", 200, "", "")}, []string{`1>2 path: its link /books/{}/edit`}},
		"one of several links": {[]har.Entry{entry("GET /books", 200, html, `<a href=/books/7/edit>e</a><a href=/books/8/edit>e</a>`), entry("GET /books/7/edit", 200, "", "")},
			[]string{`1>2 path: marked`}},
		"a number that the user knew": {[]har.Entry{entry("GET /books/7", 200, html, `<a href=/books/7/edit>e</a>`), entry("GET /books/7/edit", 200, "", "")}, nil},
		"a member of JSON": {[]har.Entry{entry("GET /me", 200, jsonType, `{"a":{"key":"k-12345"}}`), entry(`POST /x {"k":"k-12345"}`, 200, "", ""), entry("GET /x?k=k-12345", 200, "", "")},
			[]string{`1>2 JSON $.k: JSON $.a.key`}},
		"two members of JSON": {[]har.Entry{entry("GET /me", 200, jsonType, `{"a":"k-12345","b":"k-12345"}`), entry(`POST /x {"k":"k-12345"}`, 200, "", "")},
			[]string{`1>2 JSON $.k: marked`}},
		"a header from a meta element": {[]har.Entry{entry("GET /", 200, html, `<meta name=csrf-token content=REDACTED>`), entry("DELETE /x X-CSRF-Token=REDACTED", 204, "", "")},
			[]string{`1>2 header X-CSRF-Token: the meta element "X-CSRF-Token"`}},
		"a header from a header": {[]har.Entry{entry("GET /", 200, "", "", "X-Trace", "t-12345"), entry("GET /x X-Trace=t-12345", 200, "", "")},
			[]string{`1>2 header X-Trace: the header X-Trace`}},
		"a bearer": {[]har.Entry{entry(`POST /login {"password":"REDACTED"}`, 200, jsonType, `{"user":"ada","token":"REDACTED"}`), entry("GET /x Authorization=Bearer REDACTED", 200, "", "")},
			[]string{`0>1 JSON $.password: marked`, `1>2 header Authorization: JSON $.token`}},
		"text": {[]har.Entry{entry("GET /", 200, "text/plain", "your key is k-12345."), entry("POST /x k=k-12345", 200, "", "")}, []string{`1>2 form k: marked`}},
	} {
		target, _ := url.Parse("http://shop.example")
		r, err := replay.New(logOf(c.entries...), replay.Options{Target: target})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, found := range r.Correlations {
			taken := found.Taken
			if taken == "" {
				taken = "marked"
			}
			got = append(got, fmt.Sprintf("%d>%d %s: %s", found.From, found.To, found.Place, taken))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestEachUserHasItsOwnValues replays against a server with other numbers and tokens than those of the recording.
func TestEachUserHasItsOwnValues(t *testing.T) {
	log := logOf(
		entry(`POST /login {"name":"ada","password":"REDACTED"}`, 200, jsonType, `{"token":"REDACTED"}`),
		entry(`POST /books {"title":"x","pages":12}`, 201, jsonType, `{"id":7,"key":"k-12345"}`),
		entry("GET /books/7/pages?k=k-12345&a=1 Authorization=Bearer REDACTED", 200, "", ""),
		entry("POST /books/7/pages n=1&k=k-12345", 200, "", ""),
	)
	log.Entries[2].Request.QueryString = []har.Pair{{Name: "k", Value: "k-12345"}, {Name: "a", Value: "1"}}
	s := &recorder{answers: map[string]string{"/login": `{"token":"fresh"}`, "/books": `{"id":42,"key":"k-fresh 9"}`}}
	result := s.play(t, log, map[string]string{"password": "secret", "title": "x{user}.{iteration}"})
	want := []string{
		`POST /login {"name":"ada","password":"secret"} `,
		`POST /books {"pages":12,"title":"x1.1"} `,
		`GET /books/42/pages?k=k-fresh+9&a=1  Bearer fresh`,
		`POST /books/42/pages n=1&k=k-fresh+9 `,
	}
	if !slices.Equal(s.calls, want) || result.Users.Passed != 1 {
		t.Errorf("sent\n%s\nwant\n%s\n%v", strings.Join(s.calls, "\n"), strings.Join(want, "\n"), result.UserFailures)
	}
	if names := requestNames(result); !slices.Contains(names, "GET /books/{}/pages") {
		t.Errorf("statistics call them %q", names)
	}
}

// TestWhatIsMissingIsNotSent: a request with a value that the answer did not bring would only measure a refusal.
func TestWhatIsMissingIsNotSent(t *testing.T) {
	log := logOf(
		entry("GET /f", 200, html, `<input type=hidden name=token value=abc123>`), entry("POST /f token=abc123", 200, "", ""), entry("GET /end", 200, "", ""),
	)
	s := &recorder{answers: map[string]string{"/f": "<p>no form"}}
	result := s.play(t, log, nil)
	if want := []string{"GET /f  ", "GET /end  "}; !slices.Equal(s.calls, want) {
		t.Errorf("sent %q, want %q", s.calls, want)
	}
	const want = `POST /f was not sent: its form token is taken from the answer to GET /f, the hidden field "token", which was not there once and alone`
	if len(result.UserFailures) != 1 || result.UserFailures[0].Message != want { // the same for all users, so that it is counted as one
		t.Errorf("%v, want %s", result.UserFailures, want)
	}
}

// TestStreamsAreLeftOut: a user would wait for their end.
func TestStreamsAreLeftOut(t *testing.T) {
	asked := entry("GET /live/2", 0, "", "") // its answer had not begun
	asked.Request.Headers = []har.Pair{{Name: "accept", Value: "text/event-stream"}}
	s := &recorder{}
	s.play(t, logOf(entry("GET /", 200, html, "<p>"), entry("GET /live/1", 200, "text/event-stream; charset=utf-8", ""), asked, entry("GET /socket", 101, "", "")), nil)
	if want := []string{"GET /  "}; !slices.Equal(s.calls, want) {
		t.Errorf("sent %q, want %q", s.calls, want)
	}
}

// TestWhatARecordingLacksIsToldOnce: a form without its fields is refused by most servers, and nobody would know why.
func TestWhatARecordingLacksIsToldOnce(t *testing.T) {
	form, upload := entry("POST /login", 200, "", ""), entry("POST /sound a=b", 200, "", "")
	form.Request.BodySize, upload.Request.BodySize = 70, 3
	target, _ := url.Parse("http://shop.example")
	r, err := replay.New(logOf(form, upload, entry("GET /live", 200, "text/event-stream", ""), entry("GET /live", 200, "text/event-stream", "")), replay.Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"left out: GET http://shop.example/live, whose answer never ends",
		"sent without a body: POST http://shop.example/login, since the recording does not have it; a gateway keeps bodies with harness.KeepBodies",
	}
	if notes := r.Notes(); !slices.Equal(notes, want) {
		t.Errorf("notes %q, want %q", notes, want)
	}
}

// recorder notes what it is asked, and answers as told.
type recorder struct {
	shop
	answers map[string]string
}

func (s *recorder) play(t *testing.T, log *har.Log, fill map[string]string) *load.Result {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), body, r.Header.Get("Authorization")))
		_, _ = fmt.Fprint(w, s.answers[r.URL.Path])
	}))
	defer server.Close()
	address, _ := url.Parse(server.URL)
	r, err := replay.New(log, replay.Options{Target: address, RecordedHost: "shop.example", Fill: fill})
	if err != nil {
		t.Fatal(err)
	}
	target, err := virtual.NewTarget(virtual.Options{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	result, err := load.Run(t.Context(), load.Options{MaxLateness: -1}, load.Scenario{Name: "shop", Target: target, User: r.User,
		Profile: profile.Must(profile.Parse("atOnceUsers(1)"))})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func requestNames(r *load.Result) (names []string) {
	for i := range r.Requests {
		names = append(names, r.Requests[i].Name)
	}
	return names
}
