package assert

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// SyntaxError says where an assertion cannot be understood. It wraps sessions.ErrInvalidOption.
type SyntaxError struct {
	Text string
	// Column counts characters from 1.
	Column  int
	Message string
}

// Error shows the text with a mark below the place.
func (e *SyntaxError) Error() string {
	shown := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, e.Text)
	return fmt.Sprintf("assertion, column %d: %s\n  %s\n  %s^", e.Column, e.Message, shown, strings.Repeat(" ", e.Column-1))
}

func (e *SyntaxError) Unwrap() error { return sessions.ErrInvalidOption }

// Parse reads an assertion; the package's documentation has the grammar. Its error is a *SyntaxError.
func Parse(text string) (Assertion, error) {
	p := &parser{text: text}
	a, err := p.assertion()
	if err != nil {
		at, ok := errors.AsType[*misreading](err)
		if !ok {
			return Assertion{}, err
		}
		return Assertion{}, &SyntaxError{Text: text, Column: len([]rune(text[:at.offset])) + 1, Message: at.message}
	}
	return a, nil
}

// ParseAll reads several, and tells all mistakes together.
func ParseAll(texts ...string) ([]Assertion, error) {
	var list []Assertion
	var errs []error
	for _, text := range texts {
		a, err := Parse(text)
		list, errs = append(list, a), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return list, nil
}

// misreading is a mistake and its place in bytes.
type misreading struct {
	offset  int
	message string
}

func (m *misreading) Error() string { return m.message }

type parser struct {
	text string
	at   int // the byte that comes next
	from int // where the last token began
}

func (p *parser) wrong(format string, args ...any) error {
	return &misreading{p.from, fmt.Sprintf(format, args...)}
}

// token takes what comes next: a quoted name, an operator, a colon, or a word without spaces; empty at the end.
func (p *parser) token() (string, error) {
	rest := strings.TrimLeft(p.text[p.at:], " \t")
	p.from = len(p.text) - len(rest)
	end := strings.IndexAny(rest, " \t\"<>=!:")
	switch {
	case rest == "":
	case rest[0] == '"':
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return "", p.wrong("the name has no end: a quotation mark is missing")
		}
		end = len(quoted)
	case end == 0 && rest[0] == ':':
		end = 1
	case end == 0:
		end = len(rest) - len(strings.TrimLeft(rest, "<>=!"))
	}
	if end < 0 {
		end = len(rest)
	}
	p.at = p.from + end
	return rest[:end], nil
}

// expect takes a token and says what should have been there if nothing is.
func (p *parser) expect(what string) (string, error) {
	token, err := p.token()
	if err == nil && token == "" {
		err = p.wrong("%s is missing", what)
	}
	return token, err
}

func (p *parser) assertion() (a Assertion, err error) {
	for _, part := range []func(*Assertion) error{p.scope, p.figure, p.operator, p.bound, p.ending} {
		if err := part(&a); err != nil {
			return Assertion{}, err
		}
	}
	return a, nil
}

func (p *parser) scope(a *Assertion) error {
	start := p.at
	token, err := p.expect("a figure, such as p95 or errors,")
	if err != nil {
		return err
	}
	if token[0] == '"' {
		a.scope = request
		return p.name(a, token)
	}
	known, ok := scopes[token]
	if !ok {
		p.at = start // there is none
		return nil
	}
	a.scope = known
	switch a.scope {
	case request, group, scenario:
		name, err := p.expect("the name of the " + token + ", in quotation marks,")
		if err != nil {
			return err
		}
		return p.name(a, name)
	case each:
		if colon, err := p.expect("a colon"); err != nil || colon != ":" {
			return cmpOr(err, p.wrong("each is followed by a colon, as in \"each: max < 2s\""))
		}
	case overall, lateness:
	}
	return nil
}

func (p *parser) name(a *Assertion, token string) (err error) {
	if token[0] != '"' {
		return p.wrong("a name is in quotation marks")
	}
	if a.name, err = strconv.Unquote(token); err != nil || a.name == "" {
		return p.wrong("this is no name")
	}
	return nil
}

func (p *parser) figure(a *Assertion) error {
	token, err := p.expect("a figure, such as p95 or errors,")
	if err != nil {
		return err
	}
	f := &a.figure
	name, rest, isTimed := strings.Cut(token, ".")
	if k, known := kinds[name]; known {
		f.kind = k
	} else if rest, isTimed, err = p.percentile(f, token); err != nil {
		return err
	}
	if isTimed && !f.kind.isTime() {
		return p.wrong("%s has no times: nothing follows it", name)
	}
	if a.scope == lateness && !f.kind.isTime() {
		return p.wrong("lateness has times only: min, max, mean, stddev, or a percentile such as p99")
	}
	for isTimed {
		name, rest, isTimed = strings.Cut(rest, ".")
		if err := p.suffix(a, name); err != nil {
			return err
		}
	}
	return nil
}

// percentile reads p95 and p99.9, and what follows them.
func (p *parser) percentile(f *figure, token string) (rest string, more bool, err error) {
	unknown := p.wrong("%q is no figure; there are min, max, mean, stddev, p50 and other percentiles, count, ok, errors and rps", token)
	if token[0] != 'p' {
		return "", false, unknown
	}
	end := 1
	for end < len(token) && (isDigit(token[end]) || token[end] == '.' && end+1 < len(token) && isDigit(token[end+1])) {
		end++
	}
	if f.percentile, err = strconv.ParseFloat(token[1:end], 64); err != nil {
		return "", false, unknown
	}
	if f.percentile <= 0 || f.percentile > 100 {
		return "", false, p.wrong("there is no percentile %v: they go from 0 (without it) to 100", token[1:end])
	}
	f.kind = percentile
	if rest = token[end:]; rest == "" {
		return "", false, nil
	}
	if rest[0] != '.' {
		return "", false, unknown
	}
	return rest[1:], true, nil
}

func (p *parser) suffix(a *Assertion, name string) error {
	if a.scope == lateness {
		return p.wrong("lateness is of all requests alike: nothing follows its figure")
	}
	switch name {
	case "intended":
		a.figure.actual = false
	case "actual":
		a.figure.actual = true
	case "ok":
		a.figure.part = onlyOK
	case "ko":
		a.figure.part = onlyKO
	default:
		return p.wrong("%q is not known here; there are .intended, .actual, .ok and .ko", "."+name)
	}
	return nil
}

func (p *parser) operator(a *Assertion) error {
	token, err := p.expect("a comparison, such as <,")
	if err != nil {
		return err
	}
	if token == "==" {
		token = "="
	}
	i := slices.Index(operators, token)
	if i < 0 {
		return p.wrong("%q is no comparison; there are %s", token, strings.Join(operators, " "))
	}
	a.op = operator(i)
	return nil
}

func (p *parser) bound(a *Assertion) error {
	token, err := p.expect("what to compare with")
	if err != nil {
		return err
	}
	if a.bound, err = p.value(token); err != nil {
		return err
	}
	return p.fits(a)
}

func (p *parser) value(token string) (bound, error) {
	digits, unit := token, number
	switch {
	case strings.HasSuffix(token, "%"):
		digits, unit = token[:len(token)-1], percent
	case strings.HasSuffix(token, "/s"):
		digits, unit = token[:len(token)-2], perSecond
	}
	if v, err := strconv.ParseFloat(digits, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) && !strings.ContainsAny(digits, "xXpP_") {
		if v < 0 {
			return bound{}, p.wrong("%s is negative", token)
		}
		return bound{unit, v}, nil
	}
	d, err := time.ParseDuration(token)
	if err != nil {
		return bound{}, p.wrong("%q is neither a time such as 200ms, nor a number, nor 1%%, nor 5/s", token)
	}
	if d < 0 {
		return bound{}, p.wrong("%s is negative", token)
	}
	return bound{duration, float64(d)}, nil
}

// fits tells whether figure and bound can be compared.
func (p *parser) fits(a *Assertion) error {
	k, u := a.figure.kind, a.bound.unit
	switch {
	case k.isTime() && u != duration:
		return p.wrong("%v is a time: a unit is needed, such as 200ms or 1.5s", a.figure)
	case !k.isTime() && u == duration:
		return p.wrong("%v is no time", a.figure)
	case k == count && u == percent:
		return p.wrong("count is a number: a percentage is for ok and errors")
	case k == rate && u == percent:
		return p.wrong("rps is a rate: a number is needed, such as 100")
	case u == percent && a.bound.value > 100:
		return p.wrong("there are no more than 100%%")
	}
	if k == rate {
		a.bound.unit = perSecond
	}
	return nil
}

// ending reads "abort" and "abort after 30s".
func (p *parser) ending(a *Assertion) error {
	token, err := p.token()
	if err != nil || token == "" {
		return err
	}
	if token != "abort" {
		return p.wrong("%q is too much; only \"abort\" or \"abort after 30s\" may follow", token)
	}
	a.abort = true
	if token, err = p.token(); err != nil || token == "" {
		return err
	}
	if token != "after" {
		return p.wrong("%q is too much; only \"after 30s\" may follow", token)
	}
	if token, err = p.expect("a time, such as 30s,"); err != nil {
		return err
	}
	if a.delay, err = time.ParseDuration(token); err != nil || a.delay < 0 {
		return p.wrong("%q is no time, such as 30s", token)
	}
	if token, err = p.token(); err == nil && token != "" {
		err = p.wrong("%q is too much", token)
	}
	return err
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func cmpOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
