package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// answer is what came of a step, redirects followed: as it was recorded, or to a user. Both are read alike.
type answer struct {
	led    *url.URL // where it led to: the end of its redirects, or its Location; nil if nowhere
	header func(name string) string
	body   string

	page   *goquery.Document
	leaves []sent
	read   bool
}

// recordedAnswer is that of an entry, the last of its redirects, whose first address is given.
func recordedAnswer(e *har.Entry, first string) *answer {
	a := &answer{body: e.Response.Content.Text, header: func(name string) string {
		i := slices.IndexFunc(e.Response.Headers, func(h har.Pair) bool { return strings.EqualFold(h.Name, name) })
		if i < 0 {
			return ""
		}
		return e.Response.Headers[i].Value
	}}
	address, _ := url.Parse(e.Request.URL)
	a.lead(address, e.Request.URL != first)
	return a
}

// answerTo is a user's.
func answerTo(r *virtual.Response) *answer {
	a := &answer{body: r.Text(), header: r.Header}
	address, _ := url.Parse(r.URL())
	a.lead(address, r.Redirects > 0)
	return a
}

func (a *answer) lead(end *url.URL, redirected bool) {
	if end == nil {
		return
	}
	if redirected {
		a.led = end
	}
	if location := a.header("Location"); location != "" {
		if to, err := end.Parse(location); err == nil {
			a.led = to
		}
	}
}

// parse reads the body as what it looks like.
func (a *answer) parse() {
	if a.read {
		return
	}
	a.read = true
	body := strings.TrimSpace(a.body)
	switch {
	case body == "":
	case body[0] == '<':
		a.page, _ = goquery.NewDocumentFromReader(strings.NewReader(body))
	case body[0] == '{', body[0] == '[':
		if parsed, err := decode([]byte(body)); err == nil {
			a.leaves = leaves("$", parsed)
		}
	}
}

// decode keeps numbers as they are written.
func decode(text []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}

// attributes are the different values of an attribute of the elements that a selector and a test find.
func (a *answer) attributes(selector, attribute string, is func(*goquery.Selection) bool) (found []string) {
	a.parse()
	if a.page == nil {
		return nil
	}
	a.page.Find(selector).Each(func(_ int, s *goquery.Selection) {
		if value, ok := s.Attr(attribute); ok && is(s) && !slices.Contains(found, value) {
			found = append(found, value)
		}
	})
	return found
}

// links are the addresses in a page, without those of other hosts.
func (a *answer) links() (paths []string) {
	for attribute, selector := range map[string]string{"href": "[href]", "action": "[action]"} {
		for _, link := range a.attributes(selector, attribute, func(*goquery.Selection) bool { return true }) {
			if address, err := url.Parse(link); err == nil && address.Host == "" && strings.HasPrefix(address.Path, "/") {
				paths = append(paths, address.Path)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// source is where an answer has a value. Find gives all different values that are there; one is what is wanted.
type source struct {
	step int // whose answer it is
	what string
	find func(*answer) []string
}

// fieldSource are the hidden fields of a name.
func fieldSource(name string) source {
	return source{what: fmt.Sprintf("the hidden field %q", name), find: func(a *answer) []string {
		return a.attributes("input[type=hidden]", "value", func(s *goquery.Selection) bool { return s.AttrOr("name", "") == name })
	}}
}

// inputSource are the fields of a name, hidden or not.
func inputSource(name string) source {
	return source{what: fmt.Sprintf("the field %q", name), find: func(a *answer) []string {
		return a.attributes("input", "value", func(s *goquery.Selection) bool { return s.AttrOr("name", "") == name })
	}}
}

// metaSource are the meta elements whose name means the same.
func metaSource(name string) source {
	return source{what: fmt.Sprintf("the meta element %q", name), find: func(a *answer) []string {
		return a.attributes("meta", "content", func(s *goquery.Selection) bool { return meaning(s.AttrOr("name", "")) == meaning(name) })
	}}
}

// memberSource is a member of JSON.
func memberSource(path string) source {
	return source{what: "JSON " + path, find: func(a *answer) (found []string) {
		a.parse()
		for _, leaf := range a.leaves {
			if leaf.name == path {
				found = append(found, leaf.value)
			}
		}
		return found
	}}
}

func headerSource(name string) source {
	return source{what: "the header " + http.CanonicalHeaderKey(name), find: func(a *answer) []string {
		if value := a.header(name); value != "" {
			return []string{value}
		}
		return nil
	}}
}

// ledSource is a part of the path that the answer leads to.
func ledSource(like shape) source {
	return source{what: fmt.Sprintf("where it leads to, %s", like), find: func(a *answer) []string {
		if a.led == nil {
			return nil
		}
		return like.values([]string{a.led.Path})
	}}
}

// linkSource is a part of the links of a shape.
func linkSource(like shape) source {
	return source{what: fmt.Sprintf("its link %s", like), find: func(a *answer) []string { return like.values(a.links()) }}
}

// shape is a path of which one part is wanted; other parts that look like values may be any.
type shape struct {
	parts []string // empty: any
	at    int      // the wanted one
}

func shapeOf(path string, at int) shape {
	parts := strings.Split(path, "/")
	for i := range parts {
		if i == at || isNumber(parts[i]) || isSpecial(parts[i]) {
			parts[i] = ""
		}
	}
	return shape{parts, at}
}

// values are the different wanted parts of the paths that have the shape.
func (s shape) values(paths []string) (found []string) {
	for _, path := range paths {
		parts := strings.Split(path, "/")
		fits := len(parts) == len(s.parts)
		for i := range parts {
			fits = fits && (s.parts[i] == "" && (parts[i] != "" || i == 0) || s.parts[i] == parts[i])
		}
		if fits && !slices.Contains(found, parts[s.at]) {
			found = append(found, parts[s.at])
		}
	}
	return found
}

func (s shape) String() string {
	parts := slices.Clone(s.parts)
	for i := 1; i < len(parts); i++ {
		if parts[i] == "" {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

// meaning is what is left of a name when the ways to write it are taken off: X-CSRF-Token and csrf_token are the same.
func meaning(name string) string {
	var plain strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			plain.WriteRune(r)
		}
	}
	text := strings.TrimPrefix(plain.String(), "x")
	if short := strings.TrimSuffix(text, "token"); short != "" {
		return short
	}
	return text
}
