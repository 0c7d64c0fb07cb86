package replay

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/seed49090845/lockstep/sessions/gateway/har"
)

// redacted stands where a recording of Lockstep had a secret.
const redacted = "REDACTED"

// Correlation is a value that has to be fresh each time: a server answered it and a later request sent it back, or it is
// a secret that the recording has not.
type Correlation struct {
	Value string
	// From and To are numbers of entries in the order of time, counted from 1: of the answer, 0 for a secret, and of
	// the request.
	From, To int
	// Place is where the request has it: "path", "query token", "form token", "header X-Token", "JSON $.token".
	Place string
	// FromURL and ToURL are their addresses.
	FromURL, ToURL string
}

// String says what to do.
func (c Correlation) String() string {
	if c.From == 0 {
		return fmt.Sprintf("to fill in: %s of request %d (%s) is a secret that was not recorded", c.Place, c.To, c.ToURL)
	}
	return fmt.Sprintf("to correlate: %s of request %d (%s) has %q, which the answer %d (%s) brought; it is likely to be another each time",
		c.Place, c.To, c.ToURL, c.Value, c.From, c.FromURL)
}

// sent is a value in a request.
type sent struct{ place, value string }

// correlate looks for values that came with an answer before any request had them.
func correlate(entries []har.Entry, host string) []Correlation {
	var found []Correlation
	came := map[string]int{} // entry with whose answer a value came first; none: it was sent before
	const none = -1
	for i := range entries {
		e := &entries[i]
		address, err := url.Parse(e.Request.URL)
		if err != nil || address.Host != host {
			continue
		}
		for _, s := range values(e, address) {
			if strings.Contains(s.value, redacted) {
				found = append(found, Correlation{Value: s.value, To: i + 1, Place: s.place, ToURL: e.Request.URL})
				continue
			}
			if !isSpecial(s.value) {
				continue
			}
			from, known := came[s.value]
			if !known {
				from = slices.IndexFunc(entries[:i], func(before har.Entry) bool { return answers(&before, s.value) }) // none is -1
				came[s.value] = from
			}
			if from != none {
				found = append(found, Correlation{s.value, from + 1, i + 1, s.place, entries[from].Request.URL, e.Request.URL})
			}
		}
	}
	return found
}

// isSpecial leaves out words and small numbers that are in every answer.
func isSpecial(value string) bool {
	digits := strings.IndexFunc(value, unicode.IsDigit) >= 0
	return len(value) >= 12 || len(value) >= 4 && digits
}

// answers tells whether a value is in an answer, as a word of its own.
func answers(e *har.Entry, value string) bool {
	if hasWord(e.Response.Content.Text, value) {
		return true
	}
	return slices.ContainsFunc(e.Response.Headers, func(h har.Pair) bool {
		return !strings.EqualFold(h.Name, "Set-Cookie") && hasWord(h.Value, value)
	})
}

func hasWord(text, value string) bool {
	for {
		i := strings.Index(text, value)
		if i < 0 {
			return false
		}
		if !inWord(text[:i], true) && !inWord(text[i+len(value):], false) {
			return true
		}
		text = text[i+len(value):]
	}
}

func inWord(text string, end bool) bool {
	if text == "" {
		return false
	}
	c := rune(text[0])
	if end {
		c = rune(text[len(text)-1])
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c)
}

// values are all of a request that could have come with an answer.
func values(e *har.Entry, address *url.URL) []sent {
	var all []sent
	for part := range strings.SplitSeq(address.Path, "/") {
		all = append(all, sent{"path", part})
	}
	for _, q := range e.Request.QueryString {
		all = append(all, sent{"query " + q.Name, q.Value})
	}
	for _, h := range e.Request.Headers {
		if lower := strings.ToLower(h.Name); isSent(h.Name) && (strings.HasPrefix(lower, "x-") || lower == "authorization") {
			all = append(all, sent{"header " + h.Name, strings.TrimPrefix(h.Value, "Bearer ")})
		}
	}
	data := e.Request.PostData
	if data == nil {
		return all
	}
	for _, p := range data.Params {
		all = append(all, sent{"form " + p.Name, p.Value})
	}
	var parsed any
	if json.Unmarshal([]byte(data.Text), &parsed) == nil {
		return append(all, leaves("$", parsed)...)
	}
	if form, err := url.ParseQuery(data.Text); err == nil && strings.Contains(data.MimeType, "urlencoded") {
		for name, list := range form {
			for _, value := range list {
				all = append(all, sent{"form " + name, value})
			}
		}
	}
	return all
}

// leaves are the texts and numbers of JSON.
func leaves(path string, v any) []sent {
	switch v := v.(type) {
	case map[string]any:
		var all []sent
		for name, value := range v {
			all = append(all, leaves(path+"."+name, value)...)
		}
		return all
	case []any:
		var all []sent
		for i, value := range v {
			all = append(all, leaves(fmt.Sprintf("%s[%d]", path, i), value)...)
		}
		return all
	case string:
		return []sent{{"JSON " + path, v}}
	case float64:
		return []sent{{"JSON " + path, fmt.Sprint(v)}}
	}
	return nil
}
