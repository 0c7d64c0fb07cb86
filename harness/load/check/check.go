package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/httpuser"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Check is one expectation: where to look, and what is to be there. Its methods return changed copies. It is put
// into a Set, which is where mistakes in it are told.
type Check struct {
	what    string // such as `JSON $.id`
	look    func(*view) ([]any, error)
	want    condition
	negated bool
	first   string // variable for the first value
	all     string // variable for all values
	status  bool   // it is about the status, so the default one is not added
	err     error  // why it cannot be
}

// Response is what checks look at.
type Response interface {
	StatusCode() int
	// HeaderValues are all values of a header, whatever its case.
	HeaderValues(name string) []string
	// Content is the body.
	Content() []byte
	// Duration is how long it took.
	Duration() time.Duration
}

// Set is several checks that are made together. It may be used by many goroutines.
type Set struct{ checks []Check }

var _ virtual.Check = (*Set)(nil)

// All puts checks together. If none of them is about the status, it must be 2xx or 304. All mistakes are told
// together; the error wraps sessions.ErrInvalidOption.
func All(checks ...Check) (*Set, error) {
	s := &Set{checks: slices.Clone(checks)}
	var errs []error
	for i, c := range s.checks {
		if c.look == nil && c.err == nil {
			c.err = errors.New("it is empty: checks are made by Status, Header, JSON and so on")
		}
		if c.err != nil {
			errs = append(errs, fmt.Errorf("check %d, %s: %w", i+1, c.what, c.err))
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("%w: %w", sessions.ErrInvalidOption, errors.Join(errs...))
	}
	if !slices.ContainsFunc(checks, func(c Check) bool { return c.status }) {
		s.checks = slices.Insert(s.checks, 0, Status())
	}
	return s, nil
}

// Must is All for checks that are written in the program; it panics where All returns an error.
func Must(checks ...Check) *Set {
	s, err := All(checks...)
	if err != nil {
		panic(err)
	}
	return s
}

// Error is what a Set says of an answer that is not as expected: one line for each check that failed.
type Error struct{ Lines []string }

func (e *Error) Error() string { return strings.Join(e.Lines, "\n") }

// Check implements virtual.Check; what is saved are the user's variables.
func (s *Set) Check(r *virtual.Response) error { return s.Verify(r, r.Save) }

// HTTP checks an answer of an HTTP session. Save is called with what is to be saved; nil means that it is dropped.
func (s *Set) HTTP(r *httpuser.Response, save func(name string, value any)) error {
	return s.Verify(answer{r}, save)
}

// Verify makes all checks of any kind of answer. Its error is a *Error. Values of a check that failed are not
// saved.
func (s *Set) Verify(r Response, save func(name string, value any)) error {
	var v *view
	var lines []string
	for i := range s.checks {
		c := &s.checks[i]
		if c.want.statuses != nil && c.first == "" && c.all == "" && c.want.statuses.have(r.StatusCode()) != c.negated {
			continue // the common case, without allocations
		}
		if v == nil {
			v = &view{Response: r}
		}
		if line := c.verify(v, save); line != "" {
			lines = append(lines, strings.Join(strings.Fields(line), " ")) // expressions may have line breaks
		}
	}
	if lines != nil {
		return &Error{lines}
	}
	return nil
}

// verify returns the line of a failure, empty if there is none.
func (c *Check) verify(v *view, save func(string, any)) string {
	values, err := c.values(v)
	if err != nil {
		return fmt.Sprintf("%s: %v", c.what, err)
	}
	if c.want.holds(values) == c.negated {
		return c.describe(values)
	}
	if save != nil && len(values) > 0 {
		if c.first != "" {
			save(c.first, values[0])
		}
		if c.all != "" {
			save(c.all, values)
		}
	}
	return ""
}

// values looks; the libraries behind it must not bring a run down, whatever a server sends.
func (c *Check) values(v *view) (values []any, err error) {
	defer func() {
		if p := recover(); p != nil {
			values, err = nil, fmt.Errorf("this cannot be evaluated here: %v", p)
		}
	}()
	return c.look(v)
}

func (c *Check) describe(values []any) string {
	not := ""
	if c.negated {
		not = "not "
	}
	return fmt.Sprintf("%s: want %s%s, saw %s", c.what, not, c.want.text(), c.want.seen(values))
}

// answer lets checks look at the answers of HTTP sessions.
type answer struct{ *httpuser.Response }

func (a answer) StatusCode() int                   { return a.Status }
func (a answer) HeaderValues(name string) []string { return a.Header.Values(name) }
func (a answer) Content() []byte                   { return a.Body }
func (a answer) Duration() time.Duration           { return a.Took }
