package check

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is what is to hold of the values that were found.
type condition struct {
	describe string // empty: there must be a value
	test     func(values []any) bool
	counts   bool // it is about how many there are
	statuses *statuses
}

func (c *condition) holds(values []any) bool {
	if c.test == nil {
		return len(values) > 0
	}
	return c.test(values)
}

func (c *condition) text() string {
	if c.describe == "" {
		return "something"
	}
	return c.describe
}

func (c *condition) seen(values []any) string {
	switch {
	case c.counts:
		return strconv.Itoa(len(values))
	case len(values) == 0:
		return "nothing"
	case len(values) == 1:
		return quote(values[0])
	}
	return fmt.Sprintf("%s and %d more", quote(values[0]), len(values)-1)
}

// first makes a condition of the first value.
func first(describe string, test func(any) bool) condition {
	return condition{describe: describe, test: func(values []any) bool { return len(values) > 0 && test(values[0]) }}
}

// Exists wants that something was found; it is what checks want that are not told otherwise.
func (c Check) Exists() Check { return c.wants(condition{}) }

// Is wants the first value to be this. Texts, numbers and truth values are compared as they are written, so that
// Is(7) and Is("7") are the same; numbers by value, so that 7 is 7.0.
func (c Check) Is(value any) Check {
	return c.wants(first(quote(value), func(v any) bool { return same(v, value) }))
}

// Contains wants the first value to contain a text.
func (c Check) Contains(part string) Check {
	return c.wants(first("a text with "+quote(part), func(v any) bool { return strings.Contains(text(v), part) }))
}

// Matches wants the first value to match a regular expression.
func (c Check) Matches(expression string) Check {
	compiled, err := compileRegexp(expression)
	if err != nil {
		return c.refuse(err)
	}
	return c.wants(first("a text that matches "+quote(expression), func(v any) bool { return compiled.MatchString(text(v)) }))
}

// Count wants so many values.
func (c Check) Count(n int) Check {
	if n < 0 {
		return c.refuse(fmt.Errorf("a count of %d", n))
	}
	counted := condition{describe: strconv.Itoa(n) + " of them", counts: true, test: func(values []any) bool { return len(values) == n }}
	return c.wants(counted)
}

// AtMost wants the first value to be a number, or a time.Duration where it is one, that is not above the limit.
func (c Check) AtMost(limit any) Check {
	return c.bounded("at most", limit, func(sign int) bool { return sign <= 0 })
}

// AtLeast wants the first value to be a number, or a time.Duration where it is one, that is not below the limit.
func (c Check) AtLeast(limit any) Check {
	return c.bounded("at least", limit, func(sign int) bool { return sign >= 0 })
}

func (c Check) bounded(words string, limit any, fits func(sign int) bool) Check {
	bound, ok := number(limit)
	if !ok {
		return c.refuse(fmt.Errorf("the limit %v is no number", limit))
	}
	_, isDuration := limit.(time.Duration)
	if isDuration != (c.what == timeName) {
		return c.refuse(fmt.Errorf("the limit %v is of another kind", limit))
	}
	return c.wants(first(words+" "+text(limit), func(v any) bool {
		n, ok := number(v)
		return ok && fits(n.Cmp(bound))
	}))
}

// Not wants the contrary of what was wanted so far.
func (c Check) Not() Check {
	c.negated = !c.negated
	return c
}

// Save keeps the first value as a variable if the check holds.
func (c Check) Save(variable string) Check {
	if variable == "" {
		return c.refuse(errNoName)
	}
	c.first = variable
	return c
}

// SaveAll keeps all values, a []any, as a variable if the check holds.
func (c Check) SaveAll(variable string) Check {
	if variable == "" {
		return c.refuse(errNoName)
	}
	c.all = variable
	return c
}

var errNoName = fmt.Errorf("a variable needs a name")

func (c Check) wants(w condition) Check {
	c.want, c.negated = w, false
	return c
}

// refuse keeps the first reason.
func (c Check) refuse(err error) Check {
	if c.err == nil {
		c.err = err
	}
	return c
}

// statuses are the status codes that are expected; none means 2xx and 304.
type statuses struct{ codes []int }

func (s *statuses) have(status int) bool {
	if len(s.codes) == 0 {
		return status/100 == 2 || status == http.StatusNotModified
	}
	return slices.Contains(s.codes, status)
}

func (s *statuses) text() string {
	if len(s.codes) == 0 {
		return "2xx or 304"
	}
	texts := make([]string, len(s.codes))
	for i, code := range s.codes {
		texts[i] = strconv.Itoa(code)
	}
	return strings.Join(texts, " or ")
}

// same compares as Is says.
func same(a, b any) bool {
	if text(a) == text(b) {
		return true
	}
	x, ok := number(a)
	if !ok {
		return false
	}
	y, ok := number(b)
	return ok && x.Cmp(y) == 0
}

// number is the exact number that a value is; numbers in texts count, as in headers.
func number(v any) (*big.Rat, bool) {
	if d, ok := v.(time.Duration); ok {
		return new(big.Rat).SetInt64(int64(d)), true
	}
	t := text(v)
	if len(t) > 100 || !plainNumber.MatchString(t) { // big.Rat also reads fractions, and exponents without end
		return nil, false
	}
	return new(big.Rat).SetString(t)
}

var plainNumber = regexp.MustCompile(`^[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?$`)

// text is a value as it is written.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return "null"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case map[string]any, []any:
		encoded, err := json.Marshal(v)
		if err == nil {
			return string(encoded)
		}
	case time.Duration:
		return round(v).String()
	}
	return fmt.Sprint(v)
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}

// quote is a value in one short line; texts are in quotes.
func quote(v any) string {
	const limit = 80
	t := text(v)
	if runes := []rune(t[:min(len(t), 8*limit)]); len(runes) > limit {
		t = string(runes[:limit]) + "…"
	}
	if _, ok := v.(string); ok {
		return strconv.Quote(t)
	}
	return strings.Join(strings.Fields(t), " ")
}
