package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseError says where a text is not what it should be.
type ParseError struct {
	// Line and Column are counted from 1; the column in characters.
	Line, Column int
	// Problem says what is wrong there, and what would be right.
	Problem string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("schedule: line %d, column %d: %s", e.Line, e.Column, e.Problem)
}

// reader reads one line.
type reader struct {
	text string
	at   int // bytes read
	line int
	skip int // characters before the text in its line
}

func (r *reader) rest() string { return r.text[r.at:] }

func (r *reader) wrongAt(at int, problem string, args ...any) error {
	return &ParseError{r.line, r.skip + utf8.RuneCountInString(r.text[:at]) + 1, fmt.Sprintf(problem, args...)}
}

func (r *reader) wrong(problem string, args ...any) error { return r.wrongAt(r.at, problem, args...) }

func (r *reader) end() error {
	if r.rest() != "" {
		return r.wrong("the line should end here; %q is too much", r.rest())
	}
	return nil
}

func (r *reader) point() (Point, error) {
	session, err := r.session()
	if err != nil {
		return Point{}, err
	}
	if !strings.HasPrefix(r.rest(), " ") {
		return Point{}, r.wrong("want a space and what the session %q does", session)
	}
	r.at++
	what, err := r.what()
	if err != nil {
		return Point{}, err
	}
	nth, err := r.occurrence()
	if err != nil {
		return Point{}, err
	}
	return Point{session, what, nth}, nil
}

func (r *reader) session() (string, error) {
	if strings.HasPrefix(r.rest(), `"`) {
		return r.quoted(plainSession)
	}
	end := strings.IndexByte(r.rest(), ' ')
	if end < 0 {
		end = len(r.rest())
	}
	name := r.rest()[:end]
	if !plainSession(name) {
		return "", r.unplain("session", name)
	}
	r.at += end
	return name, nil
}

func (r *reader) what() (string, error) {
	if strings.HasPrefix(r.rest(), `"`) {
		return r.quoted(plainWhat)
	}
	// A constraint has two points in a line, and no What that is not quoted has the word between them in it.
	whole, _, _ := strings.Cut(r.rest(), between)
	end := strings.LastIndexByte(whole, '#')
	if end < 0 {
		return "", r.wrongAt(r.at+len(whole), "want # and which occurrence of %q it is, as in #1", whole)
	}
	what := whole[:end]
	if !plainWhat(what) {
		return "", r.unplain("what it does", what)
	}
	r.at += end
	return what, nil
}

func (r *reader) unplain(part, text string) error {
	if text == "" {
		return r.wrong(`%s is empty; write "" if that is meant`, part)
	}
	return r.wrong("%s must be in quotes here: %s", part, strconv.Quote(text))
}

// quoted reads a Go string, in the one way in which it is written, which must not be writable without quotes.
func (r *reader) quoted(plain func(string) bool) (string, error) {
	literal, err := strconv.QuotedPrefix(r.rest())
	if err != nil {
		return "", r.wrong("a quote that is not closed, or an escape that Go does not have")
	}
	word, err := strconv.Unquote(literal)
	switch {
	case err != nil:
		return "", r.wrong("%s is no Go string", literal)
	case plain(word):
		return "", r.wrong("%s needs no quotes", literal)
	case strconv.Quote(word) != literal:
		return "", r.wrong("%s is to be written as %s", literal, strconv.Quote(word))
	}
	r.at += len(literal)
	return word, nil
}

func (r *reader) occurrence() (int, error) {
	if !strings.HasPrefix(r.rest(), "#") {
		return 0, r.wrong("want # and which occurrence it is, as in #1")
	}
	digits := r.rest()[1:]
	if end := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		digits = digits[:end]
	}
	nth, err := strconv.Atoi(digits)
	if err != nil || nth < 1 || digits[0] == '0' {
		return 0, r.wrongAt(r.at+1, "the occurrence is a number from 1, without zeros before it; %q is none", digits)
	}
	r.at += 1 + len(digits)
	return nth, nil
}
