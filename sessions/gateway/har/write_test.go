package har_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/redact"
)

var update = flag.Bool("update", false, "write the golden files")

func TestWriteIsReadable(t *testing.T) {
	c := newClock()
	got := write(t, har.Options{Session: "owner"}, rename(c), stuck(c), refused(c))
	got = regexp.MustCompile(`("name":"Lockstep","version":")[^"]*`).ReplaceAllString(got, "${1}VERSION")
	golden := filepath.Join("testdata", "owner.har")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(got, "hunter2") {
		t.Error("a secret is in the golden file")
	}
}

func TestWriteNothing(t *testing.T) {
	if log := read(t, write(t, har.Options{})); len(log.Entries) != 0 || log.Version != "1.2" || log.Creator.Name != "Lockstep" {
		t.Errorf("%+v", log)
	}
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

func TestWriteBodies(t *testing.T) {
	png := "\x89PNG\r\n\x1a\n\x00\xff"
	long := strings.Repeat("a phonebook, ", 1000)
	brotlied, zstded := packed(t, long)
	for name, test := range map[string]struct {
		body                    []byte
		header                  []gateway.Field
		sent                    int64
		text, encoding, comment string
		size                    int64
	}{
		"none kept":         {nil, fields("Content-Type", "text/html"), 100, "", "", "", 100},
		"none kept, packed": {nil, fields("Content-Encoding", "gzip"), 100, "", "", "", -1},
		"text":              {[]byte("Zoë"), fields("Content-Type", "text/plain"), 4, "Zoë", "", "", 4},
		"cut in a letter":   {[]byte("Zo\xc3"), fields("Content-Type", "text/plain"), 40, "Zo\uFFFD", "", "cut off: 3 of 40 bytes were kept", 40},
		"Latin":             {[]byte("Zo\xeb"), fields("Content-Type", "text/plain; charset=ISO-8859-1"), 3, "Zoë", "", "", 3},
		"UTF-16":            {[]byte("{\x00\"\x00"), fields("Content-Type", "application/json"), 4, "", "", "no text, and so not searched for secrets and not written", 4},
		"UTF-16, declared":  {[]byte("t\x00o\x00k\x00e\x00n\x00=\x001\x00"), fields("Content-Type", "text/plain; charset=utf-16le"), 14, "token=REDACTED", "", "", 14},
		"picture":           {[]byte(png), fields("Content-Type", "image/png"), 10, base64.StdEncoding.EncodeToString([]byte(png)), "base64", "", 10},
		"drawing":           {[]byte(`<svg token="a"/>`), fields("Content-Type", "image/svg+xml"), 16, `<svg token="REDACTED"/>`, "", "", 16},
		"octets":            {[]byte(png), fields("Content-Type", "application/octet-stream"), 10, "", "", "no text, and so not searched for secrets and not written", 10},
		"gzip":              {zipped(`{"token":"a"}`), fields("Content-Type", "application/json", "content-encoding", "GZIP"), int64(len(zipped(`{"token":"a"}`))), `{"token":"REDACTED"}`, "", "", 13},
		"twice":             {zipped(string(zipped("abc"))), fields("Content-Encoding", "gzip, gzip"), int64(len(zipped(string(zipped("abc"))))), "abc", "", "", 3},
		"brotli":            {brotlied, fields("Content-Encoding", "br"), int64(len(brotlied)), long, "", "", 13000},
		"zstd":              {zstded, fields("Content-Encoding", "zstd"), int64(len(zstded)), long, "", "", 13000},
		"unknown":           {[]byte("abc"), fields("Content-Encoding", "compress"), 3, "", "", `it cannot be unpacked (unknown encoding "compress"), and so is not searched for secrets and not written`, -1},
		"no gzip":           {[]byte("abc"), fields("Content-Encoding", "gzip"), 3, "", "", `it cannot be unpacked (unexpected EOF), and so is not searched for secrets and not written`, -1},
	} {
		t.Run(name, func(t *testing.T) {
			e := refused(newClock())
			e.Err, e.Protocol, e.Status, e.ResponseHeader, e.ResponseBody, e.ResponseBytes = "", "HTTP/2.0", 200, test.header, test.body, test.sent
			e.RequestBody, e.RequestHeader, e.RequestBytes = test.body, test.header, test.sent
			got := read(t, write(t, har.Options{}, e)).Entries[0]
			want := har.Content{Size: test.size, MimeType: got.Response.Content.MimeType, Text: test.text, Encoding: test.encoding, Comment: test.comment}
			if got.Response.Content != want {
				t.Errorf("got  %+v\nwant %+v", got.Response.Content, want)
			}
			if test.body == nil || test.encoding != "" {
				return
			}
			if posted := got.Request.PostData; posted.Text != test.text || posted.Comment != test.comment {
				t.Errorf("in a request: %+v", posted)
			}
		})
	}
}

// TestBodiesThatGrowAreCut unpacks one that would fill the memory.
func TestBodiesThatGrowAreCut(t *testing.T) {
	e := refused(newClock())
	e.Status, e.ResponseHeader, e.ResponseBody = 200, fields("Content-Encoding", "gzip"), zipped(strings.Repeat("a", 20<<20))
	if got := strings.Count(write(t, har.Options{}, e), "aaaa"); got != 4<<20 {
		t.Errorf("%d bytes", 4*got)
	}
}

// largest is the largest piece that is written at once.
type largest int

func (l *largest) Write(p []byte) (int, error) {
	*l = max(*l, largest(len(p)))
	return len(p), nil
}

func TestWriteHasNoGiantBuffer(t *testing.T) {
	exchanges := make([]gateway.Exchange, 1000)
	for i := range exchanges {
		exchanges[i] = rename(newClock())
	}
	var piece largest
	if err := har.Write(&piece, exchanges, har.Options{}); err != nil || piece == 0 || piece > 128<<10 {
		t.Errorf("%d bytes at once, %v", piece, err)
	}
}

type full struct{ left int }

var errFull = errors.New("the disk is full")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteFails(t *testing.T) {
	for _, left := range []int{0, 70 << 10} {
		exchanges := make([]gateway.Exchange, 1000)
		if err := har.Write(&full{left}, exchanges, har.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%d bytes: %v", left, err)
		}
	}
}

// TestExport records two sessions at one server and writes their requests in the order in which they were made.
func TestExport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "hunter2"})
		_, _ = fmt.Fprintf(w, "%s: %s, pin=hunter2", r.URL.Path, r.FormValue("note"))
	}))
	defer server.Close()
	stamp := gateway.Stamps()
	var gateways []*gateway.Gateway
	var users []*http.Client
	for _, session := range []string{"owner", "clerk"} {
		g, err := gateway.Listen(t.Context(), gateway.Options{Session: session, Bodies: 1 << 10, Stamp: stamp})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		transport := &http.Transport{Proxy: http.ProxyURL(g.URL())}
		defer transport.CloseIdleConnections()
		gateways, users = append(gateways, g), append(users, &http.Client{Transport: transport})
	}
	var want []string
	for i := range 6 {
		response, err := users[i%2].PostForm(server.URL+fmt.Sprintf("/%d", i), url.Values{"note": {"a b"}, "password": {"hunter2"}})
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		want = append(want, fmt.Sprintf("%s POST %s/%d", gateways[i%2].Session(), server.URL, i))
	}
	path := filepath.Join(t.TempDir(), "run.har")
	if err := har.Export(path, redact.Redactor{Names: []string{"pin"}}, gateways...); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), "hunter2") {
		t.Errorf("the secret is there:\n%s", written)
	}
	log := read(t, string(written))
	var got []string
	for _, e := range log.Entries {
		got = append(got, e.Session+" "+e.Request.Method+" "+e.Request.URL)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	first := log.Entries[0]
	if first.Request.PostData.Text != "note=a+b&password=REDACTED" || first.Response.Content.Text != "/0: a b, pin=REDACTED" ||
		first.Time <= 0 || first.Seq.Out >= first.Seq.Done || time.Since(first.Started.Time) > time.Minute {
		t.Errorf("%+v", first)
	}
}

func TestExportFails(t *testing.T) {
	folder := t.TempDir()
	if err := har.Export(filepath.Join(folder, "nothing", "run.har"), redact.Redactor{}); err == nil || !strings.Contains(err.Error(), "run.har") {
		t.Errorf("%v", err)
	}
}

func ExampleWrite() {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	exchange := gateway.Exchange{
		Number: 1, Method: "GET", URL: "http://localhost/reset?token=abc&page=2", Protocol: "HTTP/1.1",
		Out: gateway.Stamp{At: at, Seq: 1}, Done: gateway.Stamp{At: at.Add(3 * time.Millisecond), Seq: 2}, Status: 204,
	}
	var written bytes.Buffer
	if err := har.Write(&written, []gateway.Exchange{exchange}, har.Options{Session: "owner"}); err != nil {
		fmt.Println(err)
	}
	log, err := har.Read(&written)
	if err != nil {
		fmt.Println(err)
	}
	for _, e := range log.Entries {
		fmt.Println(e.Session, e.Request.Method, e.Request.URL, e.Response.Status, e.Time.Duration())
	}
	// Output: owner GET http://localhost/reset?token=REDACTED&page=2 204 3ms
}
