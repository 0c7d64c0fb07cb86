package har_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"
	"pgregory.net/rapid"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/redact"
)

func packed(t *testing.T, text string) (brotlied, zstded []byte) {
	t.Helper()
	var b bytes.Buffer
	w, err := brotli.NewWriter(&b, brotli.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), z.EncodeAll([]byte(text), nil)
}

// names of secrets, in letters that nothing else of a test has.
var (
	secretNames = []string{"password", "access_token", "X-Session", "csrf", "pin"}
	secrets     = rapid.StringMatching(`hush[0-9a-z;,=&%{}"'<> é/+?#-]{0,12}hush`)
	plainWords  = rapid.StringMatching(`[b-df-hj-n]{1,6}`)
)

// TestNoSecretIsWritten plants a secret in every place of an exchange that can have one, and looks for it in all that is
// written, also behind base64, percent signs and JSON's escapes.
func TestNoSecretIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := secrets.Draw(t, "secret")
		name := rapid.SampledFrom(secretNames).Draw(t, "name")
		address := "https://" + plainWords.Draw(t, "host") + "/a?" + url.Values{name: {secret}, "x": {"/y?" + name + "=" + url.QueryEscape(secret)}}.Encode()
		token := strings.Map(func(c rune) rune { // what a field may have in it
			if strings.ContainsRune("\r\n\"", c) {
				return 'x'
			}
			return c
		}, secret)
		e := refused(newClock())
		e.Status, e.URL, e.Err = 200, address, "GET "+address+": refused"
		e.RequestHeader = fields("Cookie", "sid="+token, "Authorization", "Bearer "+token, "X-"+name, token, "Referer", address, "Origin", "https://ada:hush@host")
		e.ResponseHeader = fields("Set-Cookie", name+"="+token+"; Path=/", "sEt-coOkie", strings.ReplaceAll(token, "=", ""), "Location", address, name, token)
		for _, message := range []struct {
			header *[]gateway.Field
			body   *[]byte
		}{{&e.RequestHeader, &e.RequestBody}, {&e.ResponseHeader, &e.ResponseBody}} {
			mimeType, body := secretBody(t, name, secret)
			if rapid.Bool().Draw(t, "lies about its type") {
				mimeType = rapid.SampledFrom([]string{"application/x-www-form-urlencoded", "application/octet-stream", "image/png"}).Draw(t, "lie")
			}
			*message.header = append(*message.header, gateway.Field{Name: "Content-Type", Value: mimeType})
			if *message.body = []byte(body); rapid.Bool().Draw(t, "packed") {
				*message.body = zipped(body)
				*message.header = append(*message.header, gateway.Field{Name: "Content-Encoding", Value: "gzip"})
			}
			if rapid.Bool().Draw(t, "cut off") {
				*message.body = (*message.body)[:rapid.IntRange(0, len(*message.body)).Draw(t, "kept")]
			}
		}
		written := write2(t, har.Options{Redactor: redact.Redactor{Names: []string{"pin"}}}, e)
		for _, text := range []string{written, strings.ReplaceAll(written, `\"`, `"`)} {
			if plain, err := url.QueryUnescape(text); err == nil {
				text += plain
			}
			if at := strings.Index(text, "hush"); at >= 0 {
				t.Fatalf("a secret is in it: …%s…\nbodies\n%s\n%s", text[max(0, at-100):min(len(text), at+50)], e.RequestBody, e.ResponseBody)
			}
		}
		if !strings.Contains(written, "REDACTED") {
			t.Fatal("nothing was hidden")
		}
	})
}

func write2(t *rapid.T, o har.Options, exchanges ...gateway.Exchange) string {
	var b bytes.Buffer
	if err := har.Write(&b, exchanges, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// secretBody is a body with the secret under the name, and its type.
func secretBody(t *rapid.T, name, secret string) (mimeType, body string) {
	member, err := json.Marshal(map[string]any{"n": 1, name: rapid.SampledFrom([]any{secret, []any{secret}, map[string]any{"x": map[string]any{"y": secret}}}).Draw(t, "value")})
	if err != nil {
		t.Fatal(err)
	}
	switch rapid.IntRange(0, 4).Draw(t, "notation") {
	case 0:
		return "application/json", string(member)
	case 1:
		return "application/x-www-form-urlencoded", url.Values{"n": {"1"}, name: {secret}, "x": {string(member)}}.Encode()
	case 2:
		return "multipart/form-data; boundary=xx", fmt.Sprintf("--xx\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n--xx\r\nContent-Disposition: form-data; name=f; filename=f\r\nContent-Type: image/png\r\n\r\n\xff\x00%s\r\n--xx--\r\n",
			name, secret, secret)
	case 3:
		return "text/html", "<p>a</p><script>state = " + string(member) + "</script>"
	default:
		return "text/event-stream", "event: a\ndata: " + string(member) + "\n\n"
	}
}

// TestWriteThenRead checks that what is written and no secret comes back as it was.
func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		var exchanges []gateway.Exchange
		for range rapid.IntRange(0, 4).Draw(t, "exchanges") {
			exchanges = append(exchanges, drawExchange(t, c))
		}
		log, err := har.Read(strings.NewReader(write2(t, har.Options{Session: "clerk"}, exchanges...)))
		if err != nil {
			t.Fatal(err)
		}
		if len(log.Entries) != len(exchanges) {
			t.Fatalf("%d entries of %d", len(log.Entries), len(exchanges))
		}
		for i, e := range exchanges {
			same(t, &log.Entries[i], &e)
		}
	})
}

// drawExchange has edges in every order in which they can be, and any of the later ones missing.
func drawExchange(t *rapid.T, c *clock) gateway.Exchange {
	word := func(what string) string { return plainWords.Draw(t, what) }
	body := rapid.SampledFrom([]string{"", "a <b> & 'c'\n", "Zoë €", "{\"n\": [1, \"\\u00e9\"]}"})
	e := gateway.Exchange{
		Number: rapid.IntRange(1, 9).Draw(t, "number"), Method: rapid.SampledFrom([]string{"GET", "POST", "PURGE"}).Draw(t, "method"), Protocol: "HTTP/2.0",
		URL:           "https://host/" + word("path") + "?" + url.Values{word("name"): {rapid.StringN(0, 5, -1).Draw(t, "value")}}.Encode(),
		RequestHeader: fields(word("field"), word("value")), ResponseHeader: fields(word("field"), word("value"), word("field"), word("value")),
		RequestBody: []byte(body.Draw(t, "request")), ResponseBody: []byte(body.Draw(t, "response")), Status: rapid.IntRange(0, 599).Draw(t, "status"),
		Err: rapid.SampledFrom([]string{"", "reset"}).Draw(t, "error"),
	}
	e.RequestBytes, e.ResponseBytes = int64(len(e.RequestBody)), int64(len(e.ResponseBody))
	edge := func(s *gateway.Stamp) { *s = c.after(time.Duration(rapid.IntRange(0, 1e9).Draw(t, "gap"))) }
	edges := []*gateway.Stamp{&e.Out, &e.Sent, &e.In, &e.Done}
	switch rapid.IntRange(0, 4).Draw(t, "edges") {
	case 0:
		edges = []*gateway.Stamp{&e.Out, &e.Held, &e.Released, &e.Sent, &e.In, &e.Done}
	case 1:
		edges = []*gateway.Stamp{&e.Out, &e.Sent, &e.In, &e.Held, &e.Released, &e.Done}
	case 2:
		edges = []*gateway.Stamp{&e.Out, &e.In, &e.Sent, &e.Done} // an early response
	case 3:
		edges = []*gateway.Stamp{&e.Out, &e.Done} // no server
	}
	for _, s := range edges[:rapid.IntRange(1, len(edges)).Draw(t, "reached")] {
		edge(s)
	}
	return e
}

func same(t *rapid.T, got *har.Entry, e *gateway.Exchange) {
	wantSeq := har.Seq{Out: e.Out.Seq, Held: e.Held.Seq, Released: e.Released.Seq, Sent: e.Sent.Seq, In: e.In.Seq, Done: e.Done.Seq}
	if got.Session != "clerk" || got.Number != e.Number || *got.Seq != wantSeq || got.Error != e.Err || !got.Started.Equal(e.Out.At) {
		t.Fatalf("%+v\n%+v", got, e)
	}
	if got.Request.Method != e.Method || got.Request.URL != e.URL || got.Response.Status != e.Status || got.Request.BodySize != e.RequestBytes {
		t.Fatalf("%+v\n%+v", got, e)
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range got.Request.QueryString {
		if u.Query().Get(p.Name) != p.Value {
			t.Fatalf("query %+v of %s", got.Request.QueryString, e.URL)
		}
	}
	for i, f := range e.ResponseHeader {
		if got.Response.Headers[i] != (har.Pair{Name: f.Name, Value: f.Value}) {
			t.Fatalf("header %+v, want %+v", got.Response.Headers[i], f)
		}
	}
	if posted := got.Request.PostData; (posted != nil) != (len(e.RequestBody) > 0) || posted != nil && posted.Text != string(e.RequestBody) {
		t.Fatalf("posted %+v, want %q", posted, e.RequestBody)
	}
	if got.Response.Content.Text != string(e.ResponseBody) || got.Response.Content.Size != e.ResponseBytes {
		t.Fatalf("content %+v, want %q", got.Response.Content, e.ResponseBody)
	}
	// HAR demands that the parts make up the whole, and that send, wait and receive are not negative.
	parts := got.Timings
	if parts.Send < 0 || parts.Wait < 0 || parts.Receive < 0 || parts.Held > parts.Receive {
		t.Fatalf("%+v", parts)
	}
	if whole := max(0, parts.Blocked) + parts.Send + parts.Wait + parts.Receive; math.Abs(float64(whole-got.Time)) > 1e-5 {
		t.Fatalf("%+v make up %v of %v", parts, whole, got.Time)
	}
}
