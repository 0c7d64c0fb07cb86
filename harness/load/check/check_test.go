package check_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

const (
	jsonBody = `{"items":[{"id":7,"name":"Ada","price":9.5},{"id":8,"name":"Bob","price":20}],"next":null,"big":12345678901234567890,"ok":true}`
	htmlBody = `<html><body><h1> Phonebooks </h1><ul><li class=a><a href="/1">one</a></li><li><a href="/2">two</a></li></ul><a>none</a>
		<input name=csrf value="s3cr"></body></html>`
	xmlBody = `<?xml version="1.0"?><Shop><Item Id="1">pen</Item><Item Id="2">ink</Item></Shop>`
)

// body makes an answer of the kind that the body is.
func body(content string) *httpuser.Response {
	kind := map[byte]string{'{': "application/json", '<': "text/html; charset=utf-8"}[content[0]]
	if strings.HasPrefix(content, "<?xml") {
		kind = "application/xml"
	}
	return &httpuser.Response{
		Status: 200, Body: []byte(content), Took: 150 * time.Millisecond,
		Header: http.Header{"Content-Type": {kind}, "X-Count": {"7"}, "Vary": {"Accept", "Cookie"}},
	}
}

// TestChecks has each check with an answer that it accepts, and with what it says of one that it does not.
func TestChecks(t *testing.T) {
	for _, c := range []struct {
		check check.Check
		body  string
		want  string // empty: it holds
	}{
		{check.Status(), jsonBody, ""},
		{check.Status(200, 201), jsonBody, ""},
		{check.Status(404), jsonBody, `status: want 404, saw 200`},
		{check.Status(404).Not(), jsonBody, ""},
		{check.Status(200, 201).Not(), jsonBody, `status: want not 200 or 201, saw 200`},
		{check.AnyStatus(), jsonBody, ""},

		{check.Header("content-type").Contains("json"), jsonBody, ""},
		{check.Header("Content-Type").Is("text/plain"), jsonBody, `header Content-Type: want "text/plain", saw "application/json"`},
		{check.Header("X-None"), jsonBody, `header X-None: want something, saw nothing`},
		{check.Header("X-None").Not(), jsonBody, ""},
		{check.Header("Vary").Count(2), jsonBody, ""},
		{check.Header("X-Count").AtMost(6), jsonBody, `header X-Count: want at most 6, saw "7"`},

		{check.Body().Contains("Ada"), jsonBody, ""},
		{check.Body().Contains("Eve"), jsonBody, `body: want a text with "Eve", saw "{\"items\":[{\"id\":7,\"name\":\"Ada\",\"price\":9.5},{\"id\":8,\"name\":\"Bob\",\"price\":20}],\"n…"`},
		{check.Body().Matches(`"id":\d`), jsonBody, ""},
		{check.Body().Contains("Exception").Not(), jsonBody, ""},

		{check.Regexp(`"id":(\d)`).Is("7"), jsonBody, ""},
		{check.Regexp(`"id":\d`).Count(2), jsonBody, ""},
		{check.Regexp(`"id":\d`).Count(3), jsonBody, `regexp "id":\d: want 3 of them, saw 2`},
		{check.Regexp(`error`).Not(), jsonBody, ""},

		{check.JSON("$.items[0].id").Is(7), jsonBody, ""},
		{check.JSON("$.items[0].id").Is("7"), jsonBody, ""},
		{check.JSON("$.items[0].id").Is(7.0), jsonBody, ""},
		{check.JSON("$.items[0].id").Is(8), jsonBody, `JSON $.items[0].id: want 8, saw 7`},
		{check.JSON("$.items[*].id").Count(2), jsonBody, ""},
		{check.JSON("$.items[*].name").Is("Bob"), jsonBody, `JSON $.items[*].name: want "Bob", saw "Ada" and 1 more`},
		{check.JSON("$.items[?@.price > 10].name").Is("Bob"), jsonBody, ""},
		{check.JSON("$.next").Is(nil), jsonBody, ""},
		{check.JSON("$.next"), jsonBody, ""},
		{check.JSON("$.none"), jsonBody, `JSON $.none: want something, saw nothing`},
		{check.JSON("$.big").Is("12345678901234567890"), jsonBody, ""},
		{check.JSON("$.ok").Is(true), jsonBody, ""},
		{check.JSON("$.items[1].price").AtLeast(20).Not(), jsonBody, `JSON $.items[1].price: want not at least 20, saw 20`},
		{check.JSON("$.items[0].name").AtLeast(1), jsonBody, `JSON $.items[0].name: want at least 1, saw "Ada"`},
		{check.JSON("$.items[0]").Contains("Ada"), jsonBody, ""},
		{check.JSON("$.id"), "<p>", `JSON $.id: the body is not JSON: unexpected character '<' at 1:1: "<p>"`},
		{check.JSON("$.id"), " ", `JSON $.id: the body is not JSON: it is empty`},

		{check.CSS("h1").Is("Phonebooks"), htmlBody, ""},
		{check.CSS("h1").Is("Contacts"), htmlBody, `CSS h1: want "Contacts", saw "Phonebooks"`},
		{check.CSS("li.a, h2").Count(1), htmlBody, ""},
		{check.CSS(".error").Not(), htmlBody, ""},
		{check.Attribute("a", "href").Count(2), htmlBody, ""},
		{check.Attribute("[name=csrf]", "value").Is("s3cr"), htmlBody, ""},
		{check.Attribute("h1", "id"), htmlBody, `CSS h1 @id: want something, saw nothing`},

		{check.XPath("//li[@class='a']/a").Is("one"), htmlBody, ""},
		{check.XPath("//a/@href").Count(2), htmlBody, ""},
		{check.XPath("count(//li)").Is(2), htmlBody, ""},
		{check.XPath("//h1 = 'x'").Is(true), htmlBody, `XPath //h1 = 'x': want true, saw false`},
		{check.XPath("//Item[@Id='2']").Is("ink"), xmlBody, ""},
		{check.XPath("//item"), xmlBody, `XPath //item: want something, saw nothing`},
		{check.XPath("//a"), "<?xml version='1.0'?><a", `XPath //a: the body is not XML: XML syntax error on line 1: unexpected EOF: "<?xml version='1.0'?><a"`},

		{check.Size().Is(len(jsonBody)), jsonBody, ""},
		{check.Size().AtMost(10), "123456789ab", `size: want at most 10, saw 11`},
		{check.Time().AtMost(200 * time.Millisecond), jsonBody, ""},
		{check.Time().AtMost(100 * time.Millisecond), jsonBody, `time: want at most 100ms, saw 150ms`},
		{check.Hash("md5").Is("900150983cd24fb0d6963f7d28e17f72"), "abc", ""},
		{check.Hash("sha256").Is("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), "abc", ""},
		{check.Hash("sha1").Is("x"), "abc", `sha1: want "x", saw "a9993e364706816aba3e25717850c26c9cd0d89d"`},
	} {
		err := check.Must(c.check).HTTP(body(c.body), nil)
		if got := fmt.Sprint(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestAllFailuresAreListed(t *testing.T) {
	set := check.Must(check.JSON("$.items[0].id").Is(9), check.Header("X-None"), check.Body().Contains("Ada"), check.JSON("$.no"))
	r := body(jsonBody)
	r.Status = 503
	err := set.HTTP(r, nil)
	failed, ok := errors.AsType[*check.Error](err)
	want := "status: want 2xx or 304, saw 503\nJSON $.items[0].id: want 9, saw 7\nheader X-None: want something, saw nothing\nJSON $.no: want something, saw nothing"
	if !ok || len(failed.Lines) != 4 || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestStatusIsCheckedUnlessToldOtherwise(t *testing.T) {
	for status, want := range map[int]bool{200: true, 204: true, 304: true, 302: false, 404: false, 500: false} {
		r := body(jsonBody)
		r.Status = status
		if err := check.Must(check.Body().Contains("Ada")).HTTP(r, nil); (err == nil) != want {
			t.Errorf("%d: %v", status, err)
		}
		if err := check.Must(check.AnyStatus(), check.Body().Contains("Ada")).HTTP(r, nil); err != nil {
			t.Errorf("%d, any status: %v", status, err)
		}
	}
}

func TestSave(t *testing.T) {
	saved := map[string]any{}
	set := check.Must(
		check.JSON("$.items[*].id").Save("id").SaveAll("ids"), check.JSON("$.items[0]").Save("item"), check.Header("Vary").Save("vary"),
		check.JSON("$.items[0].name").Is("Eve").Save("wrong"), check.JSON("$.none").Not().Save("none"), check.Status().Save("status"),
	)
	if err := set.HTTP(body(jsonBody), func(name string, value any) { saved[name] = value }); err == nil {
		t.Error("Ada is Eve")
	}
	if got, want := slices.Sorted(maps.Keys(saved)), []string{"id", "ids", "item", "status", "vary"}; !slices.Equal(got, want) {
		t.Errorf("saved %v, want %v", got, want)
	}
	if saved["id"] != int64(7) || fmt.Sprint(saved["ids"]) != "[7 8]" || saved["vary"] != "Accept" || saved["status"] != 200 {
		t.Errorf("saved %v", saved)
	}
}

func TestBadChecksAreRefused(t *testing.T) {
	_, err := check.All(
		check.JSON("$.a["), check.Status(200), check.Regexp("a(b"), check.CSS("h1 > "), check.XPath("//a[@b=1"), check.Header("a b"), check.Hash("crc"),
		check.Status(7), check.Body().Matches("[z-a]"), check.JSON(""), check.Size().AtMost("many"), check.Time().AtMost(5), check.Check{},
		check.Body().Save(""), check.Body().Count(-1), check.XPath(""), check.Attribute("a", ""), check.Size().AtLeast(time.Second),
	)
	want := `invalid option: check 1, JSON $.a[: column 5: not terminated
check 3, regexp a(b: column 1: missing closing ): "a(b"
check 4, CSS h1 > : column 4: expected selector, found EOF instead
check 5, XPath //a[@b=1: column 4: //a[@b=1 has an invalid token
check 6, header a b: this is no name of a header
check 7, crc: "crc" is none of md5, sha1, sha256 and sha512
check 8, status: 7 is no status
check 9, body: column 2: invalid character class range: "z-a"
check 10, JSON : the path is empty; $ is the whole
check 11, size: the limit many is no number
check 12, time: the limit 5 is of another kind
check 13, : it is empty: checks are made by Status, Header, JSON and so on
check 14, body: a variable needs a name
check 15, body: a count of -1
check 16, XPath : column 1: the expression is empty
check 17, CSS a @: the attribute has no name
check 18, size: the limit 1s is of another kind`
	if err == nil || !errors.Is(err, sessions.ErrInvalidOption) {
		t.Fatal(err)
	}
	got := strings.Split(err.Error(), "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(got) || got[i] != line {
			t.Errorf("line %d:\ngot  %s\nwant %s", i+1, append(got, make([]string, 20)...)[i], line)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add("$.items[?@.price > 10].name", jsonBody)
	f.Add("$..[", "[1")
	f.Fuzz(func(t *testing.T, path, content string) { verify(t, check.JSON(path), content) })
}

func FuzzXPath(f *testing.F) {
	f.Add("count(//li)", htmlBody)
	f.Add("//Item[@Id='2']", xmlBody)
	f.Add("substring('a', 'b')", "<p>")
	f.Fuzz(func(t *testing.T, path, content string) { verify(t, check.XPath(path), content) })
}

func FuzzCSS(f *testing.F) {
	f.Add("li:nth-child(2) > a", htmlBody)
	f.Fuzz(func(t *testing.T, selector, content string) { verify(t, check.CSS(selector), content) })
}

// verify holds that a bad expression is refused, and that no answer is too strange.
func verify(t *testing.T, c check.Check, content string) {
	set, err := check.All(c)
	if err != nil {
		if !errors.Is(err, sessions.ErrInvalidOption) {
			t.Error(err)
		}
		return
	}
	err = set.HTTP(&httpuser.Response{Status: 200, Body: []byte(content)}, nil)
	if failed, ok := errors.AsType[*check.Error](err); ok && strings.Contains(failed.Lines[0], "\n") {
		t.Errorf("not one line: %q", err)
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, c := range map[string]check.Check{
		"status": check.Status(200), "body": check.Body().Contains("Bob"), "json": check.JSON("$.items[1].id").Is(8), "regexp": check.Regexp(`"id":(\d)`).Is("7"),
	} {
		set, r := check.Must(c), body(jsonBody)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := set.HTTP(r, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
