package redact_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/seed49090845/lockstep/sessions/redact"
)

func TestRedactText(t *testing.T) {
	var r redact.Redactor
	for given, want := range map[string]string{
		"token=abc rest":                         "token=REDACTED rest",
		"Authorization: Bearer abc.def\nnext":    "Authorization: REDACTED\nnext",
		"Authorization: Digest a=\"b\", c=\"d\"": "Authorization: REDACTED",
		"Cookie: a=b; c=d":                       "Cookie: REDACTED",
		"Set-Cookie: a=b; Path=/":                "Set-Cookie: REDACTED",
		`{"password":"a\"b","name":"Ada"}`:       `{"password":"REDACTED","name":"Ada"}`,
		`{"pin_token": 1234, "a": 1}`:            `{"pin_token": REDACTED, "a": 1}`,
		`{"tokens":["a","b"],"n":1}`:             `{"tokens":"REDACTED","n":1}`,
		`{"session":{"id":"a"},"n":1}`:           `{"session":"REDACTED","n":1}`,
		`var csrfToken = 'abc';`:                 `var csrfToken = 'REDACTED';`,
		"GET http://ada:pass@host/":              "GET http://ada:REDACTED@host/",
		`"password":"cut off`:                    `"password":"REDACTED"`,
		"nothing is hidden here: 1 = 1":          "nothing is hidden here: 1 = 1",
	} {
		if got := r.Text(given); got != want {
			t.Errorf("%s\n got %s\nwant %s", given, got, want)
		}
	}
}

func TestRedactURL(t *testing.T) {
	r := redact.Redactor{Names: []string{"pin", ""}}
	for given, want := range map[string]string{
		"http://a/x?token=abc&page=2":     "http://a/x?token=REDACTED&page=2",
		"http://a/x#access_token=abc&b=c": "http://a/x#access_token=REDACTED&b=c",
		"http://a/x?%74oken=abc":          "http://a/x?%74oken=REDACTED",
		"http://ada:p@ss@a/x":             "http://ada:REDACTED@a/x",
		"/relative?PIN=1234":              "/relative?PIN=REDACTED",
		"http://a/%zz?%zztoken=1":         "http://a/%zz?%zztoken=REDACTED",
		"HTTP://A/x?&&a=&b#":              "HTTP://A/x?&&a=&b#",
	} {
		if got := r.URL(given); got != want {
			t.Errorf("%s\n got %s\nwant %s", given, got, want)
		}
	}
}

func TestRedactHTML(t *testing.T) {
	var r redact.Redactor
	for _, source := range []string{
		`<input type=password value=hush>`, `<input name="csrf" value="hush">`, `<input value='hush' name='api_key'>`,
		`<input type=password placeholder=">" value="hush">`, `<meta name=csrf-token content="hush">`,
		`<textarea name=secret>hush</textarea>`, `<button name=token value=hush>go</button>`,
		`<script>window.token = "hush"</script>`, `<a href="/x?token=hush">`, `<p data-session-id="hush">`,
	} {
		if got := r.HTML(source); strings.Contains(got, "hush") || !strings.Contains(got, "REDACTED") {
			t.Errorf("%s became %s", source, got)
		}
	}
	for _, source := range []string{`<input name=phone value=123>`, `<textarea name=note>a</textarea>`, `<p class="token">a</p>`} {
		if got := r.HTML(source); got != source {
			t.Errorf("%s became %s", source, got)
		}
	}
}

// No secret that was put in under a secret name comes out, whatever it looks like and whatever is around it.
func FuzzRedact(f *testing.F) {
	f.Add("abc", "name=Ada&")
	f.Add(`a"b\`, `{"a":1}`)
	f.Add("]}>'", "<p>")
	f.Fuzz(func(t *testing.T, secret, around string) {
		var r redact.Redactor
		_, _ = r.Text(around+secret), r.HTML(around+secret) // no panic
		_ = r.URL(around + secret)
		secret = "hush" + strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				return c
			}
			return -1
		}, secret) + "hush"
		for _, written := range []string{
			r.URL("http://a/?x=1&token=" + url.QueryEscape(secret) + "&y=2"),
			r.Text(`{"x":1,"password":"` + secret + `"}`),
			r.Text("token=" + secret + " " + around),
			r.HTML(`<input type="password" value="` + secret + `">`),
		} {
			if strings.Contains(written, secret) && !strings.Contains(around, secret) {
				t.Errorf("%q is left in %q", secret, written)
			}
		}
	})
}
