package check

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions"
)

// Parse reads a check as on a command line:
//
//	check      = subject [ condition ] [ "save" NAME ]
//	subject    = "status" | "body" | "size" | "time" | ( "header" | "regexp" | "json" | "css" | "xpath" | "hash" ) ARGUMENT
//	condition  = [ "not" ] ( "exists" | "=" VALUE | "contains" VALUE | "matches" VALUE | "count" N | "<=" VALUE | ">=" VALUE )
//
// as in
//
//	status = 200,201        header Content-Type contains json      json $.items[0].id = 7
//	css "#user .name" count 1    time <= 500ms     body not contains error
//
// Words with blanks are in quotation marks. "!=" is "not =". Without a condition there must be something. Errors wrap
// sessions.ErrInvalidOption.
func Parse(text string) (Check, error) {
	words, err := splitWords(text)
	if err == nil {
		r := &reader{words: words}
		var c Check
		if c, err = r.check(); err == nil && c.err != nil {
			err = c.err
		}
		if err == nil {
			return c, nil
		}
	}
	return Check{}, fmt.Errorf("%w: check %q: %w", sessions.ErrInvalidOption, text, err)
}

// splitWords cuts at blanks that are not in quotation marks.
func splitWords(text string) ([]string, error) {
	var words []string
	for text = strings.TrimLeft(text, " \t\n"); text != ""; text = strings.TrimLeft(text, " \t\n") {
		if text[0] == '"' || text[0] == '`' {
			quoted, err := strconv.QuotedPrefix(text)
			if err != nil {
				return nil, errors.New("a quotation mark is not closed")
			}
			word, _ := strconv.Unquote(quoted)
			words, text = append(words, word), text[len(quoted):]
			continue
		}
		end := strings.IndexAny(text, " \t\n")
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, text[:end]), text[end:]
	}
	return words, nil
}

type reader struct{ words []string }

// next is empty at the end.
func (r *reader) next() string {
	if len(r.words) == 0 {
		return ""
	}
	word := r.words[0]
	r.words = r.words[1:]
	return word
}

func (r *reader) expect(what string) (string, error) {
	if len(r.words) == 0 {
		return "", fmt.Errorf("%s is missing at the end", what)
	}
	return r.next(), nil
}

func (r *reader) check() (Check, error) {
	subject := r.next()
	if subject == "status" {
		return r.status()
	}
	plain := map[string]func() Check{"body": Body, "size": Size, "time": Time}
	withArgument := map[string]func(string) Check{"header": Header, "regexp": Regexp, "json": JSON, "css": CSS, "xpath": XPath, "hash": Hash}
	var c Check
	switch {
	case plain[subject] != nil:
		c = plain[subject]()
	case withArgument[subject] != nil:
		argument, err := r.expect("what to look for in " + subject)
		if err != nil {
			return c, err
		}
		c = withArgument[subject](argument)
	default:
		return c, fmt.Errorf("%q cannot be looked at; there are status, header, body, json, css, xpath, regexp, size, time and hash", subject)
	}
	c, err := r.condition(subject, c)
	if err != nil {
		return c, err
	}
	return r.ending(c)
}

// status reads "= 200,201" or "any".
func (r *reader) status() (Check, error) {
	negated := false
	switch word := r.next(); word {
	case "any":
		return r.ending(AnyStatus())
	case "!=":
		negated = true
	case "=", "==":
	default:
		return Check{}, fmt.Errorf("after status, %q is not known; want status = 200, status != 500, or status any", word)
	}
	text, err := r.expect("a status")
	if err != nil {
		return Check{}, err
	}
	var codes []int
	for part := range strings.SplitSeq(text, ",") {
		code, err := strconv.Atoi(part)
		if err != nil {
			return Check{}, fmt.Errorf("%q is no status", part)
		}
		codes = append(codes, code)
	}
	c := Status(codes...)
	if negated {
		c = c.Not()
	}
	return r.ending(c)
}

func (r *reader) condition(subject string, c Check) (Check, error) {
	negated := len(r.words) > 0 && r.words[0] == "not"
	if negated {
		r.next()
	}
	if len(r.words) == 0 || r.words[0] == "save" {
		return negate(c, negated), nil
	}
	word := r.next()
	if word == "exists" {
		return negate(c.Exists(), negated), nil
	}
	value, err := r.expect("what to compare with")
	if err != nil {
		return c, err
	}
	switch word {
	case "=", "==":
		c = c.Is(value)
	case "!=":
		c, negated = c.Is(value), !negated
	case "contains":
		c = c.Contains(value)
	case "matches":
		c = c.Matches(value)
	case "count":
		n, err := strconv.Atoi(value)
		if err != nil {
			return c, fmt.Errorf("count %q: want a number", value)
		}
		c = c.Count(n)
	case "<=", ">=":
		limit, err := limitOf(subject, value)
		if err != nil {
			return c, err
		}
		if word == "<=" {
			c = c.AtMost(limit)
		} else {
			c = c.AtLeast(limit)
		}
	default:
		return c, fmt.Errorf("%q is no condition; there are exists, =, !=, contains, matches, count, <= and >=, and not before them", word)
	}
	return negate(c, negated), nil
}

func negate(c Check, negated bool) Check {
	if negated {
		return c.Not()
	}
	return c
}

func limitOf(subject, value string) (any, error) {
	if subject == "time" {
		d, err := time.ParseDuration(value)
		if err != nil {
			return nil, fmt.Errorf("%q is no time, such as 500ms", value)
		}
		return d, nil
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", value)
	}
	return n, nil
}

func (r *reader) ending(c Check) (Check, error) {
	if len(r.words) == 0 {
		return c, nil
	}
	if word := r.next(); word != "save" {
		return c, fmt.Errorf("%q is too much; only save NAME may follow", word)
	}
	name, err := r.expect("the name of the variable")
	if err != nil {
		return c, err
	}
	if len(r.words) > 0 {
		return c, fmt.Errorf("%q is too much", r.words[0])
	}
	return c.Save(name), nil
}
