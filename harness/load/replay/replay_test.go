package replay_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/replay"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorded is a HAR in which somebody logs in and adds an item at http://shop.example, and a page of another host counts
// visitors.
func recorded(t testing.TB) *har.Log {
	t.Helper()
	file, err := os.Open("testdata/shop.har")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log, err := har.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// shop is the system under test; it gives each visitor another token.
type shop struct {
	mu    sync.Mutex
	calls []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	switch r.URL.Path {
	case "/login":
		if r.Method == http.MethodPost {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "fresh"})
			http.Redirect(w, r, "/items", http.StatusSeeOther)
			return
		}
		fmt.Fprint(w, `<input name=token value="fresh-token-42">`)
	case "/missing":
		http.NotFound(w, r)
	case "/items":
		if cookie, err := r.Cookie("session"); err != nil || cookie.Value != "fresh" || r.Header.Get("Accept") == "" {
			http.Error(w, "who are you?", http.StatusForbidden)
		}
	}
}

func play(t *testing.T, o replay.Options, change func(*replay.Replay)) (calls []string, result *load.Result, err error) {
	t.Helper()
	s := &shop{}
	server := httptest.NewServer(s)
	defer server.Close()
	o.Target, _ = url.Parse(server.URL)
	r, err := replay.New(recorded(t), o)
	if err != nil {
		return nil, nil, err
	}
	if change != nil {
		change(r)
	}
	target, err := virtual.NewTarget(virtual.Options{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	result, err = load.Run(t.Context(), load.Options{MaxLateness: -1}, load.Scenario{Name: "shop", Target: target, User: r.User,
		Profile: profile.Must(profile.Parse("atOnceUsers(1)"))})
	return s.calls, result, err
}

func TestARecordingIsRepeated(t *testing.T) {
	calls, result, err := play(t, replay.Options{RecordedHost: "shop.example"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET /login", "POST /login name=ada&password=REDACTED&token=fresh-token-42", "GET /items", // the last by a redirect
		`POST /items {"name":"book","token":"fresh-token-42"}`, "GET /missing",
	}
	if !slices.Equal(calls, want) {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
	if result.Users.Passed != 1 || result.At > time.Second {
		t.Errorf("%+v in %v: %v", result.Users, result.At, result.UserFailures)
	}
}

func TestStepsMayBePrepared(t *testing.T) {
	calls, _, err := play(t, replay.Options{RecordedHost: "shop.example"}, func(r *replay.Replay) {
		r.Steps[1].Prepare = func(u *load.User, request *virtual.Request) {
			request.Body = []byte("name=" + strings.ReplaceAll(u.Name(), " ", "-"))
		}
	})
	if err != nil || calls[1] != "POST /login name=shop-1" {
		t.Errorf("%v, %v", calls, err)
	}
}

func TestThinkTimesAreKept(t *testing.T) {
	_, result, err := play(t, replay.Options{RecordedHost: "shop.example", ThinkTimes: true}, func(r *replay.Replay) {
		var think time.Duration
		for i := range r.Steps {
			think += r.Steps[i].Think
			r.Steps[i].Think /= 10 // the recording takes 4 s
		}
		if want := 3850 * time.Millisecond; think != want {
			t.Errorf("think times of %v, want %v", think, want)
		}
	})
	if err != nil || result.At < 385*time.Millisecond {
		t.Errorf("took %v, %v", result.At, err)
	}
}

func TestValuesToCorrelateAreMarked(t *testing.T) {
	target, _ := url.Parse("http://shop.example")
	r, err := replay.New(recorded(t), replay.Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Correlations {
		got = append(got, fmt.Sprintf("%d %d %s %s", c.From, c.To, c.Place, c.Value))
	}
	slices.Sort(got)
	want := []string{"0 3 form password REDACTED", "1 3 form token old-token-17", "1 5 JSON $.token old-token-17"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for i, part := range []string{`form token of request 3 (http://shop.example/login) is from the answer 1 (http://shop.example/login): the field "token"`, "is a secret that was not recorded"} {
		if !slices.ContainsFunc(r.Notes(), func(note string) bool { return strings.Contains(note, part) }) {
			t.Errorf("note %d is not in %q", i, r.Notes())
		}
	}
}

func TestNothingGoesToOtherHosts(t *testing.T) {
	_, _, err := play(t, replay.Options{}, nil)
	if !errors.Is(err, sessions.ErrInvalidOption) || !strings.Contains(err.Error(), "counter.example, shop.example") {
		t.Errorf("%v, want that the HAR has requests to two other hosts", err)
	}
}
