package pg

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway/internal/taken"
)

// Match says which statements a rule is about. The zero value matches all that are points.
type Match struct {
	// SQL is a regular expression that is found in the statement, values and comments left out, in any case of letters: "^UPDATE
	// contacts"; empty means any. Values are ? in it, whether they were written or bound.
	SQL string
	// Connection is the number of the connection; 0 means any.
	Connection int
	// Application is the connection's application_name; empty means any.
	Application string
	// Nth is the first statement, counted from 1 among those that match, that the rule takes; zero means 1.
	Nth int
	// Count is how many statements the rule takes; zero means 1, Every all.
	Count int
}

// Every is the Count of a rule that takes all that match.
const Every = -1

var (
	// ErrInvalidRule is wrapped by the errors of rules that do not fit.
	ErrInvalidRule = errors.New("invalid rule")
	// ErrDropped says that somebody who held a statement dropped it.
	ErrDropped = errors.New("it was dropped")
	// ErrFault says that a rule made it fail.
	ErrFault = errors.New("a rule made it fail")
)

// Rule is what a gateway does with statements that match.
type Rule struct {
	gateway *Gateway
	match   Match
	sql     *regexp.Regexp
	action  action
	book    *taken.Book[*Held]
}

// action is what becomes of a statement that a rule takes; its zero value holds it.
type action struct {
	watch bool          // let it go at once, and note it
	delay time.Duration // let it go after this time
	reset bool          // break the connection before the server has it
	lose  bool          // break the connection when the server has done it
	state string        // let it fail with this SQLSTATE
}

// Hold makes a rule that holds what matches until it is released.
func (g *Gateway) Hold(m Match) (*Rule, error) { return g.rule(m, action{}) }

// Watch makes a rule that holds nothing: Taken tells what matched, and Seen how often.
func (g *Gateway) Watch(m Match) (*Rule, error) { return g.rule(m, action{watch: true}) }

// Delay makes a rule that holds what matches for a time.
func (g *Gateway) Delay(m Match, d time.Duration) (*Rule, error) {
	if d <= 0 {
		return nil, invalid("a delay of %v: it must be positive", d)
	}
	return g.rule(m, action{delay: d})
}

// Reset makes a rule that breaks the connection, on both sides, before the statement has reached the server.
func (g *Gateway) Reset(m Match) (*Rule, error) { return g.rule(m, action{reset: true}) }

// Lose makes a rule that breaks the connection when the server has done the statement, a commit say, and the application has not heard
// of it.
func (g *Gateway) Lose(m Match) (*Rule, error) { return g.rule(m, action{lose: true}) }

// Fail makes a rule that lets the server fail with a SQLSTATE in the statement's place, as in "40001". The server has to have
// PL/pgSQL, as it has unless somebody took it away, and its transaction is as after any error.
func (g *Gateway) Fail(m Match, state string) (*Rule, error) {
	if !regexp.MustCompile(`^[0-9A-Z]{5}$`).MatchString(state) || strings.HasPrefix(state, "00") {
		return nil, invalid("SQLSTATE %q: want five digits or capitals of a failure, as in 40001", state)
	}
	return g.rule(m, action{state: state})
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("database gateway: %w: %s", ErrInvalidRule, fmt.Sprintf(format, args...))
}

func (g *Gateway) rule(m Match, a action) (*Rule, error) {
	sql, err := m.compile()
	if err != nil {
		return nil, fmt.Errorf("database gateway: %w", err)
	}
	m.Nth = max(m.Nth, 1)
	if m.Count == 0 {
		m.Count = 1
	}
	r := &Rule{gateway: g, match: m, sql: sql, action: a, book: taken.New(m.Nth, m.Count, (*Held).waiting)}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rules = append(g.rules, r)
	g.made = append(g.made, r)
	g.observed()
	return r, nil
}

// Check tells what is wrong with a match before there is a gateway; nil if nothing is.
func (m Match) Check() error {
	_, err := m.compile()
	return err
}

func (m Match) compile() (*regexp.Regexp, error) {
	var wrong []error
	if m.Nth < 0 {
		wrong = append(wrong, fmt.Errorf("%w: Nth is %d; statements are counted from 1", ErrInvalidRule, m.Nth))
	}
	if m.Count < Every {
		wrong = append(wrong, fmt.Errorf("%w: Count is %d; want a number of statements, or Every", ErrInvalidRule, m.Count))
	}
	if m.Connection < 0 {
		wrong = append(wrong, fmt.Errorf("%w: Connection is %d; connections are counted from 1", ErrInvalidRule, m.Connection))
	}
	sql, err := regexp.Compile("(?i)" + m.SQL)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("%w: SQL: %w", ErrInvalidRule, err))
	}
	return sql, errors.Join(wrong...)
}

// String is the match as people write it: "^UPDATE contacts on connection 2".
func (m Match) String() string {
	text := m.SQL
	if text == "" {
		text = "any statement"
	}
	if m.Connection > 0 {
		text += fmt.Sprintf(" on connection %d", m.Connection)
	}
	if m.Application != "" {
		text += " of " + m.Application
	}
	return text
}

func (r *Rule) String() string { return r.match.String() }

// Unmatched lists the rules that took nothing so far, released ones included: a rule that never matched says that a
// spec does not do what it seems to.
func (g *Gateway) Unmatched() []*Rule {
	g.mu.Lock()
	defer g.mu.Unlock()
	var idle []*Rule
	for _, r := range g.made {
		if r.Seen() == 0 {
			idle = append(idle, r)
		}
	}
	return idle
}

// ReleaseAll lets go everything that is held and ends all rules.
func (g *Gateway) ReleaseAll() {
	g.mu.Lock()
	made := slices.Clone(g.made)
	g.mu.Unlock()
	for _, rule := range made {
		rule.Release()
	}
}

// take tells whether the rule is about the statement, and is to decide about it.
func (r *Rule) take(s *statement, known Statement, decides bool) *Held {
	name := func() string { return fmt.Sprintf("connection %d %s", known.Connection, known.Name) }
	if !r.book.Counts(name, func() bool { return r.about(s, known) }, decides) {
		return nil
	}
	return newHeld(s, known, r)
}

func (r *Rule) about(s *statement, known Statement) bool {
	m := r.match
	return (m.Connection == 0 || m.Connection == known.Connection) &&
		(m.Application == "" || m.Application == known.Application) &&
		r.sql.MatchString(s.source.analyse().text)
}

// announce lets those who wait for the rule to take something know that it has.
func (h *Held) announce() {
	r := h.rule
	if r.action.watch || r.action.lose {
		h.Release()
	}
	r.book.Announce(h)
}

// Held waits until the rule holds a statement, and returns the first that it still holds. The error says what was seen instead.
func (r *Rule) Held(ctx context.Context) (*Held, error) {
	start := time.Now()
	h, err := r.book.Waiting(ctx, r.gateway.life)
	return h, r.inVain(err, start, "be held")
}

// Taken waits until the rule has taken a statement, and returns the first that it took, whatever became of it.
func (r *Rule) Taken(ctx context.Context) (*Held, error) {
	start := time.Now()
	h, err := r.book.First(ctx, r.gateway.life)
	return h, r.inVain(err, start, "come")
}

// inVain tells what the rule saw in the place of what somebody waited for.
func (r *Rule) inVain(err error, since time.Time, what string) error {
	if err == nil || r.gateway.life.Err() != nil {
		return err
	}
	return fmt.Errorf("database gateway: waited %v for %s to %s: %w; %d matched; it saw %s",
		time.Since(since).Round(time.Millisecond), r, what, err, r.Seen(), r.Instead())
}

// ReleaseNext waits until the rule holds a statement and lets the first go; the rule stays in force.
func (r *Rule) ReleaseNext(ctx context.Context) (*Held, error) {
	for {
		h, err := r.Held(ctx)
		if err != nil || h.decide(letGo) {
			return h, err
		}
	}
}

// Release lets go everything that the rule holds, and holds nothing any more.
func (r *Rule) Release() {
	r.gateway.mu.Lock()
	r.gateway.rules = slices.DeleteFunc(r.gateway.rules, func(other *Rule) bool { return other == r })
	r.gateway.observed()
	r.gateway.mu.Unlock()
	r.book.Close()
}

// Instead is what the rule saw and did not match, the latest last.
func (r *Rule) Instead() string {
	if passed := r.book.Passed(); len(passed) > 0 {
		return strings.Join(passed, ", ")
	}
	return "no other statement"
}

// Seen is how many statements matched.
func (r *Rule) Seen() int { return r.book.Seen() }
