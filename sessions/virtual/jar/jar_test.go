package jar_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/publicsuffix"
	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sessions/virtual/jar"
)

var (
	hosts = []string{"example.com", "www.example.com", "a.www.example.com", "xample.com", "shop.co.uk", "co.uk", "127.0.0.1", "localhost", "github.io", "me.github.io"}
	paths = []string{"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c"}
)

// TestSendsWhatTheStandardJarSends compares the two after generated answers; the clock is the real one, so that
// expiries are an hour off either way.
func TestSendsWhatTheStandardJarSends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		standard, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
		if err != nil {
			t.Fatal(err)
		}
		var own jar.Jar
		place := rapid.Custom(func(t *rapid.T) *url.URL {
			return &url.URL{
				Scheme: rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme"),
				Host:   rapid.SampledFrom(hosts).Draw(t, "host"), Path: rapid.SampledFrom(paths).Draw(t, "path"),
			}
		})
		for range rapid.IntRange(1, 12).Draw(t, "answers") {
			from, line := place.Draw(t, "from"), setCookie(t)
			answer := &http.Response{Header: http.Header{"Set-Cookie": {line}}}
			standard.SetCookies(from, answer.Cookies())
			own.Store(of(from), []byte(line), time.Now())
			to := place.Draw(t, "to")
			if got, want := string(own.Append(nil, of(to), time.Now())), header(standard, to); got != want {
				t.Fatalf("after %q from %v: to %v goes %q, want %q", line, from, to, got, want)
			}
		}
	})
}

func of(u *url.URL) jar.Place {
	return jar.Place{Host: u.Host, Path: u.Path, Secure: u.Scheme == "https"}
}

func header(standard *cookiejar.Jar, to *url.URL) string {
	request := &http.Request{Header: http.Header{}}
	for _, c := range standard.Cookies(to) {
		request.AddCookie(c)
	}
	return request.Header.Get("Cookie")
}

func setCookie(t *rapid.T) string {
	line := rapid.SampledFrom([]string{"a", "b", "c", "", "d e"}).Draw(t, "name") + "=" +
		rapid.SampledFrom([]string{"1", "2", `"3"`, "", "x=y", "bad\x01"}).Draw(t, "value")
	for _, attribute := range []struct {
		name   string
		values []string
	}{
		{"Domain", append(slices.Clone(hosts), ".example.com", "..example.com", ".", "com", "EXAMPLE.com", "example.com.", "münchen.de")},
		{"Path", append(slices.Clone(paths), "a", "")},
		{"Max-Age", []string{"3600", "0", "-1", "x"}},
		{"Expires", []string{time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), "soon"}},
		{"Secure", []string{""}},
		{"HttpOnly", []string{""}},
	} {
		if rapid.IntRange(0, 2).Draw(t, "has "+attribute.name) == 0 {
			line += "; " + attribute.name + "=" + rapid.SampledFrom(attribute.values).Draw(t, attribute.name)
		}
	}
	return line
}

func TestExpiry(t *testing.T) {
	var own jar.Jar
	now, at := time.Now(), jar.Place{Host: "a.example", Path: "/"}
	own.Store(at, []byte("short=1; Max-Age=10"), now)
	own.Store(at, []byte("long=1; Expires="+now.Add(time.Hour).UTC().Format(http.TimeFormat)), now)
	own.Store(at, []byte("session=1"), now)
	for _, step := range []struct {
		after time.Duration
		want  string
		kept  int
	}{{9 * time.Second, "short=1; long=1; session=1", 3}, {10 * time.Second, "long=1; session=1", 2}, {2 * time.Hour, "session=1", 1}} {
		if got := string(own.Append(nil, at, now.Add(step.after))); got != step.want || own.Len() != step.kept {
			t.Errorf("after %v: %q, %d kept, want %q", step.after, got, own.Len(), step.want)
		}
	}
}

func TestChanges(t *testing.T) {
	var own jar.Jar
	at := jar.Place{Host: "a.example", Path: "/"}
	for i, line := range []string{"a=1", "a=1", "a=2; Max-Age=5", "a=2", "b=1; Max-Age=0", "a=2; Max-Age=0"} {
		want := []uint64{1, 1, 2, 2, 2, 3}[i]
		if own.Store(at, []byte(line), time.Now()); own.Changes() != want {
			t.Errorf("after %q: %d changes, want %d", line, own.Changes(), want)
		}
	}
}

func TestValue(t *testing.T) {
	var own jar.Jar
	own.Store(jar.Place{Host: "a.example", Path: "/x/y"}, []byte("a=inner"), time.Now())
	own.Store(jar.Place{Host: "a.example", Path: "/"}, []byte("a=outer"), time.Now())
	for path, want := range map[string]string{"/": "outer", "/x/z": "inner", "/xx": "outer"} {
		if got, ok := own.Value("a", jar.Place{Host: "a.example", Path: path}, time.Now()); got != want || !ok {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if _, ok := own.Value("a", jar.Place{Host: "b.example", Path: "/"}, time.Now()); ok {
		t.Error("another host's cookie")
	}
}

func TestKeepsNoMoreThanItsLimit(t *testing.T) {
	var own jar.Jar
	at := jar.Place{Host: "a.example", Path: "/"}
	for i := range jar.Limit + 50 {
		own.Store(at, fmt.Appendf(nil, "n%d=1", i), time.Now())
	}
	sent := string(own.Append(nil, at, time.Now()))
	if own.Len() != jar.Limit || !strings.HasPrefix(sent, "n50=1;") {
		t.Errorf("%d cookies: %.20s", own.Len(), sent)
	}
}

func TestTheCommonCaseAllocatesNothing(t *testing.T) {
	var own jar.Jar
	at, line, header := jar.Place{Host: "a.example", Path: "/cart/7"}, []byte("session=0123456789abcdef; Path=/; HttpOnly"), make([]byte, 0, 100)
	now := time.Now()
	own.Store(at, line, now)
	if n := testing.AllocsPerRun(100, func() {
		header = own.Append(header[:0], at, now)
		own.Store(at, line, now)
	}); n != 0 || string(header) != "session=0123456789abcdef" {
		t.Errorf("%v allocations for %q", n, header)
	}
}

func FuzzStore(f *testing.F) {
	f.Add("example.com", "/a/b", "a=1; Domain=.example.com; Path=/; Max-Age=5")
	f.Add("::1", "", "=; Expires=x; Domain=[::1]")
	f.Fuzz(func(t *testing.T, host, path, line string) {
		var own jar.Jar
		at := jar.Place{Host: host, Path: path}
		own.Store(at, []byte(line), time.Now())
		if sent := string(own.Append(nil, at, time.Now())); strings.ContainsAny(sent, "\r\n\x00;") {
			t.Errorf("%q sends %q", line, sent)
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	var own jar.Jar
	at, now, header := jar.Place{Host: "a.example", Path: "/cart/7"}, time.Now(), make([]byte, 0, 200)
	line := []byte("session=0123456789abcdef; Path=/; HttpOnly")
	for _, l := range []string{"theme=dark; Path=/", "lang=en", string(line)} {
		own.Store(at, []byte(l), now)
	}
	b.ReportAllocs()
	for b.Loop() {
		header = own.Append(header[:0], at, now)
		own.Store(at, line, now)
	}
}
