package redact_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sessions/redact"
)

const (
	formType      = "application/x-www-form-urlencoded"
	jsonType      = "application/json; charset=utf-8"
	multipartType = "multipart/form-data; boundary=xx"
)

func TestRedactBody(t *testing.T) {
	var r redact.Redactor
	for _, test := range []struct{ contentType, given, want string }{
		{jsonType, `{"n":1e400, "password" : "a\"b", "tail":[1]}`, `{"n":1e400, "password" : "REDACTED", "tail":[1]}`},
		{jsonType, `{"pass\u0077ord":{"a":{"b":1},"c":"d"},"n":1}`, `{"pass\u0077ord":"REDACTED","n":1}`},
		{jsonType, `{"tokens":[1,[2]],"n":{"Token":null}}`, `{"tokens":"REDACTED","n":{"Token":"REDACTED"}}`},
		{jsonType, `["see /x?token=abc&b=<c>", "kept é"]`, `["see /x?token=REDACTED&b=<c>", "kept é"]`},
		{jsonType, `{"query":"login(password: \"abc\")","n":1}`, `{"query":"login(password: \"REDACTED\")","n":1}`},
		{jsonType, `{"n":1,"password":"cut o`, `{"n":1,"password":"REDACTED"`},
		{jsonType, `{"n":1,"password":`, `{"n":1,"password":`},
		{jsonType, `{"n":1,"password":{"a":"b"},"c":"cut token=o`, `{"n":1,"password":"REDACTED","c":"cut token=REDACTED`},
		{jsonType, "{\"token\":1}\n{\"token\":2,\"n\":3}\n", "{\"token\":\"REDACTED\"}\n{\"token\":\"REDACTED\",\"n\":3}\n"},
		{jsonType, `)]}', {"session":{"a":{"b":1},"c":2},"n":3}`, `)]}', {"session":"REDACTED","n":3}`},
		{formType, `{"password":"correct horse"}`, `{"password":"REDACTED"}`}, // many say that JSON is a form
		{formType, "name=Ada&p%61ssword=correct+horse&x=%7B%22token%22%3A1%7D", "name=Ada&p%61ssword=REDACTED&x=%7B%22token%22%3A%22REDACTED%22%7D"},
		{formType, "user%5Bpassword%5D=abc&next=/x%3Ftoken%3Dabc", "user%5Bpassword%5D=REDACTED&next=/x%3Ftoken%3DREDACTED"},
		{"text/plain", "name=Ada\r\npassword=correct horse; \"battery\"\r\nn=1\r\n", "name=Ada\r\npassword=REDACTED\r\nn=1\r\n"},
		{"", "token=abc&n=1", "token=REDACTED&n=1"},
		{"text/xml", `<a token="abc"><soap:Password x="&gt;">abc</soap:Password><b>c</b></a>`, `<a token="REDACTED"><soap:Password x="&gt;">REDACTED</soap:Password><b>c</b></a>`},
		{"text/html", `<script>s = "{\"token\":\"abc\\\\\\\"d\",\"n\":1}"</script>`, `<script>s = "{\"token\":\"REDACTED\",\"n\":1}"</script>`},
		{"text/html", `<p data-x="{&quot;token&quot;:&quot;abc&quot;,&quot;n&quot;:1}">`, `<p data-x="{&quot;token&quot;:&quot;REDACTED&quot;,&quot;n&quot;:1}">`},
		{"text/html", `<script>STATE = {"session":{"a":{"b":"}"},"id":7},"n":1}</script>`, `<script>STATE = {"session":"REDACTED","n":1}</script>`},
		{"text/plain", "{:password => \"abc\", \"user[pwd]\"=>\"d\"}", "{:password => \"REDACTED\", \"user[pwd]\"=>\"REDACTED\"}"},
		{"application/octet-stream", "\xff\xfetoken=abc", "REDACTED"},
		{"application/json", "{\x00\"\x00t\x00", "REDACTED"},
		{"text/plain", "cut off in a letter \xe2\x82", "cut off in a letter \xe2\x82"},
		{"", " \n", " \n"},
		{
			multipartType, "--xx\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--xx\r\ncontent-disposition: form-data; name=\"new_password\"\r\n\r\ncorrect\r\n--xxhorse\r\n--xx--\r\n",
			"--xx\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--xx\r\ncontent-disposition: form-data; name=\"new_password\"\r\n\r\nREDACTED\r\n--xx--\r\n",
		},
		{
			"text/plain", "--yy\nContent-Disposition: form-data; name=file; filename=a.json\nContent-Type: application/json\nX-Token: abc\n\n{\"token\":\"cut",
			"--yy\nContent-Disposition: form-data; name=file; filename=a.json\nContent-Type: application/json\nX-Token: REDACTED\n\n{\"token\":\"REDACTED\"",
		},
		{multipartType, "no part", "REDACTED"},
		{multipartType, "--xx\r\nContent-Disp", "--xx\r\nREDACTED"},
	} {
		if got := r.Body(test.contentType, test.given); got != test.want {
			t.Errorf("%s\n%s\n got %s\nwant %s", test.contentType, test.given, got, test.want)
		}
	}
}

// words without a secret name in them.
var harmless = rapid.StringMatching(`[b-df-hj-n]{1,8}`)

// TestNoSecretStaysInABody plants a secret under a secret name, in every notation, among other things.
func TestNoSecretStaysInABody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := redact.Redactor{Names: []string{"pin code"}}
		name := harmless.Draw(t, "before") + rapid.SampledFrom([]string{"password", "Token", "CSRF", "_session", "api-key", "pin code"}).Draw(t, "name")
		secret := rapid.StringMatching(`hush[ -~é€\r\n\t]{0,20}hush`).Draw(t, "secret")
		notation := rapid.SampledFrom(notations).Draw(t, "notation")
		contentType, body, kept := notation(name, secret, harmless.Draw(t, "other"))
		got := r.Body(contentType, body)
		if strings.Contains(got, "hush") {
			t.Fatalf("%s\n%s\n got %s", contentType, body, got)
		}
		if !strings.Contains(got, kept) {
			t.Fatalf("%s\n%s\n got %s\nwhere is %q?", contentType, body, got, kept)
		}
		cut := body[:rapid.IntRange(0, len(body)).Draw(t, "cut")]
		if got := r.Body(contentType, cut); strings.Contains(got, "hush") {
			t.Fatalf("%s, cut off\n%s\n got %s", contentType, cut, got)
		}
	})
}

// notations are bodies with a secret; kept is what is to stay of them.
var notations = []func(name, secret, other string) (contentType, body, kept string){
	func(name, secret, other string) (string, string, string) {
		return jsonType, encode(map[string]any{other: other, name: secret}), encode(map[string]any{other: other})[1 : 2+len(encode(other))]
	},
	func(name, secret, other string) (string, string, string) {
		return jsonType, encode([]any{1, map[string]any{"x": map[string]any{name: []any{secret, map[string]any{other: secret}}}}, "~" + other}), "~" + other
	},
	func(name, secret, other string) (string, string, string) { // JSON in a string
		return jsonType, encode(map[string]any{"a": "~" + other, "x": encode(map[string]any{name: secret})}), "~" + other
	},
	func(name, secret, other string) (string, string, string) {
		return formType, url.Values{"a": {other}, name: {secret}}.Encode(), "a=" + other
	},
	func(name, secret, other string) (string, string, string) { // JSON in a form
		return formType, url.Values{"a": {other}, "x": {encode(map[string]any{name: secret})}}.Encode(), "a=" + other
	},
	func(name, secret, other string) (string, string, string) {
		return multipartType, fmt.Sprintf("--xx\r\nContent-Disposition: form-data; name=a\r\n\r\n%s\r\n--xx\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n--xx--\r\n",
			other, name, secret), "\r\n" + other + "\r\n"
	},
	func(name, secret, other string) (string, string, string) {
		return "text/plain", "a=" + other + "\r\n" + name + "=" + strings.NewReplacer("\r", "", "\n", "").Replace(secret) + "\r\n", "a=" + other
	},
	func(name, secret, other string) (string, string, string) {
		return "text/html", fmt.Sprintf(`<p>%s</p><script>var x = %s</script>`, other, encode(map[string]any{name: secret})), "<p>" + other + "</p>"
	},
}

func encode(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// Whatever is given, nothing panics, and what has been redacted stays as it is.
func FuzzRedactBody(f *testing.F) {
	for _, seed := range [][2]string{
		{jsonType, `{"token":[1,{"a":"b"}],"x":"token=1"}`}, {formType, "a=b&token=%7B%7D"},
		{multipartType, "--xx\r\nContent-Disposition: form-data; name=token\r\n\r\na\r\n--xx--\r\n"}, {"text/xml", "<token>a</token>"},
		{"", `\\"token\\":\\"a\\"`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(_ *testing.T, contentType, body string) {
		var r redact.Redactor
		_ = r.Body(contentType, body)
		_ = r.Header(contentType, body)
	})
}
