package replay

import (
	"fmt"
	"net/http"
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
	// From and To are numbers of entries in the order of time, counted from 1: of the answer, 0 for a secret that no
	// answer brought, and of the request.
	From, To int
	// Place is where the request has it: "path", "query token", "form token", "header X-Token", "JSON $.token".
	Place string
	// FromURL and ToURL are their addresses.
	FromURL, ToURL string
	// Taken is where each user takes its own value from the answer; empty if that is not clear, and the recorded
	// value is sent.
	Taken string
}

// String says what is done, or what to do.
func (c Correlation) String() string {
	switch {
	case c.Taken != "":
		return fmt.Sprintf("correlated: %s of request %d (%s) is from the answer %d (%s): %s", c.Place, c.To, c.ToURL, c.From, c.FromURL, c.Taken)
	case c.From == 0:
		return fmt.Sprintf("to fill in: %s of request %d (%s) is a secret that was not recorded", c.Place, c.To, c.ToURL)
	}
	return fmt.Sprintf("to correlate: %s of request %d (%s) has %q, which the answer %d (%s) brought; it is likely to be another each time",
		c.Place, c.To, c.ToURL, c.Value, c.From, c.FromURL)
}

// exchange is a step as it was recorded.
type exchange struct {
	number  int // of its entry
	entry   *har.Entry
	address *url.URL
	answer  *answer // of the last of its redirects
	sent    []sent
}

// need is a value of a request that each user has its own of.
type need struct {
	sent
	source int    // in Replay.sources; negative: fill
	fill   string // what was given for it
}

// correlate decides for each value that is sent where it comes from.
func (r *Replay) correlate(all []exchange, fill map[string]string) {
	for to := range all {
		for _, s := range all[to].sent {
			if text, given := fill[s.field()]; given && s.where != inPath {
				r.Steps[to].needs = append(r.Steps[to].needs, need{s, -1, text})
				continue
			}
			c := Correlation{Value: s.value, To: all[to].number, Place: s.place(), ToURL: all[to].entry.Request.URL}
			from, taken, found := origin(all[:to], s, all[to].address)
			switch {
			case found:
				taken.step = from
				c.From, c.FromURL, c.Taken = all[from].number, all[from].entry.Request.URL, taken.what
				r.Steps[to].needs = append(r.Steps[to].needs, need{sent: s, source: len(r.sources)})
				r.sources = append(r.sources, taken)
			case s.isSecret():
			case !s.isWorth():
				continue
			default:
				if from = brought(all[:to], s, all[to].address); from < 0 {
					continue
				}
				c.From, c.FromURL = all[from].number, all[from].entry.Request.URL
			}
			r.Correlations = append(r.Correlations, c)
		}
	}
}

func (s sent) isSecret() bool { return strings.Contains(s.value, redacted) }

// isWorth tells whether a value could be good once only.
func (s sent) isWorth() bool { return isSpecial(s.value) || s.where == inPath && isNumber(s.value) }

// isSpecial leaves out words and small numbers that are in every answer.
func isSpecial(value string) bool {
	digits := strings.IndexFunc(value, unicode.IsDigit) >= 0
	return len(value) >= 12 || len(value) >= 4 && digits
}

func isNumber(value string) bool {
	return value != "" && strings.IndexFunc(value, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// origin finds the one place in an answer that a value comes from: of a path the first answer that has it, since that is
// about one thing where later ones have lists; of a field the last, since that is the page that was sent.
func origin(before []exchange, s sent, address *url.URL) (from int, taken source, found bool) {
	order := make([]int, len(before))
	for i := range order {
		order[i] = i
		if s.where != inPath {
			order[i] = len(before) - 1 - i
		}
	}
	for _, i := range order {
		for _, candidate := range candidates(&before[i], s, address) {
			values := candidate.find(before[i].answer)
			if len(values) != 1 || values[0] != s.value && !s.isSecret() {
				continue
			}
			if !candidate.named && wasSent(before[:i+1], s, address) {
				continue // the user knew it before the server told
			}
			return i, candidate.source, true
		}
	}
	return 0, source{}, false
}

// candidate is where a value could come from. A named one is found by its name, and may have any value.
type candidate struct {
	source
	named bool
}

func candidates(x *exchange, s sent, address *url.URL) (list []candidate) {
	add := func(named bool, sources ...source) {
		for _, one := range sources {
			list = append(list, candidate{one, named})
		}
	}
	switch s.where {
	case inPath:
		if s.isWorth() {
			add(false, pathSources(x, s, address)...)
		}
	case inHeader:
		add(true, headerSource(s.name), metaSource(s.name))
		add(true, x.answer.members(s)...)
	default:
		add(true, fieldSource(s.field()))
		if s.isSecret() {
			add(true, x.answer.members(s)...)
		}
	}
	if !s.isSecret() && isSpecial(s.value) {
		add(false, x.answer.having(s.value)...)
	}
	return list
}

// pathSources are for a part of a path: where the answer leads to, the number of what it created, and links.
func pathSources(x *exchange, s sent, address *url.URL) (list []source) {
	owner := prefix(address.Path, s.part)
	if led := x.answer.led; led != nil && prefix(led.Path, s.part) == owner {
		list = append(list, ledSource(shapeOf(led.Path, s.part)))
	}
	created := strings.Split(x.address.Path, "/")
	if parts := strings.Split(address.Path, "/"); s.part > 0 && x.entry.Request.Method == http.MethodPost && parts[s.part-1] == created[len(created)-1] {
		list = append(list, memberSource("$.id"))
	}
	links := slices.DeleteFunc(x.answer.links(), func(path string) bool { return prefix(path, s.part) != owner })
	slices.SortStableFunc(links, func(a, b string) int { // the request's own first
		return strings.Count(b, address.Path) - strings.Count(a, address.Path)
	})
	for _, path := range links {
		list = append(list, linkSource(shapeOf(path, s.part)))
	}
	return list
}

// prefix is a path up to a part; empty if it has none there.
func prefix(path string, part int) string {
	parts := strings.Split(path, "/")
	if part >= len(parts) {
		return ""
	}
	return strings.Join(parts[:part+1], "/")
}

// members are those of JSON whose name means the same as that of a field.
func (a *answer) members(s sent) (list []source) {
	a.parse()
	for _, leaf := range a.leaves {
		name := meaning(leaf.field())
		if name == meaning(s.field()) || strings.EqualFold(s.name, "Authorization") && slices.Contains([]string{"token", "access", "jwt", "bearer"}, name) {
			list = append(list, memberSource(leaf.name))
		}
	}
	if len(list) > 1 {
		return nil // it is not clear which
	}
	return list
}

// having are the places of an answer that have a value, if it is in one alone.
func (a *answer) having(value string) (list []source) {
	a.parse()
	for _, leaf := range a.leaves {
		if leaf.value == value {
			list = append(list, memberSource(leaf.name))
		}
	}
	if a.page != nil {
		var names []string
		for _, s := range a.page.Find("input[name]").EachIter() {
			if name := s.AttrOr("name", ""); s.AttrOr("value", "") == value && !slices.Contains(names, name) {
				names = append(names, name)
				list = append(list, inputSource(name))
			}
		}
	}
	if len(list) > 1 {
		return nil
	}
	return list
}

// wasSent tells whether one of the requests had the value already; of a path, whether one was about the same thing.
func wasSent(requests []exchange, s sent, address *url.URL) bool {
	return slices.ContainsFunc(requests, func(x exchange) bool {
		if s.where == inPath && !isSpecial(s.value) {
			return prefix(x.address.Path, s.part) == prefix(address.Path, s.part)
		}
		return slices.ContainsFunc(x.sent, func(other sent) bool { return other.value == s.value })
	})
}

// brought is the first answer that has the value, of a small number in a path as part of an address; negative if none
// has it, or if it was sent before.
func brought(before []exchange, s sent, address *url.URL) int {
	from := slices.IndexFunc(before, func(x exchange) bool {
		if isSpecial(s.value) {
			return answers(x.entry, x.answer, s.value)
		}
		at := func(path string) bool { return prefix(path, s.part) == prefix(address.Path, s.part) }
		return x.answer.led != nil && at(x.answer.led.Path) || slices.ContainsFunc(x.answer.links(), at)
	})
	if from >= 0 && wasSent(before[:from+1], s, address) {
		return -1
	}
	return from
}

// answers tells whether a value is in an answer, as a word of its own.
func answers(e *har.Entry, a *answer, value string) bool {
	if hasWord(a.body, value) || a.led != nil && hasWord(a.led.String(), value) {
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
