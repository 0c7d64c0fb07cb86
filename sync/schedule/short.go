package schedule

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Short is a schedule in few characters: whose turn it is, point by point, and a checksum over the names of the points.
// Where the system is deterministic, that is enough to replay it.
//
// In text it is such as "s1:owner,colleague:2ab3.1a:8c2f01d4", all in characters that a shell leaves alone:
//
//	s1               the notation, in its first version
//	owner,colleague  the sessions, in the order of their first turns, with escapes as in a URL's query
//	2ab3.1a          two turns of the first session, one of the second, three of the first: .1 says that it was not its first
//	                 pending point, in the order of names, but the one after that
//	8c2f01d4         FNV-1a of the long form, 32 bits, in hex
type Short struct {
	sessions []string
	turns    []turn
	sum      uint32
}

// turn is a number of equal choices, one after the other.
type turn struct{ session, own, times int }

// MaxShort is how many characters a short form has at most.
const MaxShort = 200

// ErrTooLong is wrapped by the error of a schedule that has no short form.
var ErrTooLong = errors.New("the schedule is too long for a short form")

const (
	version = "s1:"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// Short returns the short form. Its error wraps [ErrTooLong]: the form would have more than [MaxShort] characters, or there
// are more than 52 sessions.
func (t Trace) Short() (Short, error) {
	s := Short{sum: t.Schedule().checksum()}
	for i := range t {
		session := slices.Index(s.sessions, t[i].Session)
		if session < 0 {
			session = len(s.sessions)
			s.sessions = append(s.sessions, t[i].Session)
		}
		if last := len(s.turns) - 1; last >= 0 && s.turns[last].session == session && s.turns[last].own == t[i].Own {
			s.turns[last].times++
			continue
		}
		s.turns = append(s.turns, turn{session, t[i].Own, 1})
	}
	if len(s.sessions) > len(letters) {
		return Short{}, fmt.Errorf("schedule: %w: it has %d sessions, of at most %d; keep the long form", ErrTooLong, len(s.sessions), len(letters))
	}
	if n := len(s.String()); n > MaxShort {
		return Short{}, fmt.Errorf("schedule: %w: it would have %d characters, of at most %d; keep the long form", ErrTooLong, n, MaxShort)
	}
	return s, nil
}

func (s Schedule) checksum() uint32 {
	h := fnv.New32a()
	h.Write([]byte(s.String())) // never fails
	return h.Sum32()
}

// String is the short form. [ParseShort] reads it back.
func (s Short) String() string {
	var text strings.Builder
	text.WriteString(version)
	for i, name := range s.sessions {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(url.QueryEscape(name))
	}
	text.WriteByte(':')
	for _, t := range s.turns {
		if t.times > 1 {
			text.WriteString(strconv.Itoa(t.times))
		}
		if t.own > 0 {
			text.WriteString("." + strconv.Itoa(t.own))
		}
		text.WriteByte(letters[t.session])
	}
	fmt.Fprintf(&text, ":%08x", s.sum)
	return text.String()
}

// Len returns how many points the schedule has.
func (s Short) Len() int {
	n := 0
	for _, t := range s.turns {
		n += t.times
	}
	return n
}

// ParseShort is the inverse of [Short.String]. Its errors are of type [*ParseError].
func ParseShort(text string) (Short, error) {
	if len(text) > MaxShort {
		return Short{}, &ParseError{1, 1, fmt.Sprintf("a short form has at most %d bytes, and this one %d", MaxShort, len(text))}
	}
	r := &reader{text: text, line: 1}
	if at := strings.IndexFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }); at >= 0 {
		return Short{}, r.wrongAt(at, "a short form has no such character as %q", text[at])
	}
	s, err := r.short()
	if err != nil {
		return Short{}, err
	}
	if want := s.String(); want != text {
		at := 0
		for at < min(len(text), len(want)) && text[at] == want[at] {
			at++
		}
		return Short{}, r.wrongAt(at, "the same schedule is written as %s", want)
	}
	return s, nil
}

func (r *reader) short() (s Short, err error) {
	if !strings.HasPrefix(r.text, version) {
		return s, r.wrong("want %q, with which a short form begins", version)
	}
	r.at = len(version)
	if s.sessions, err = r.sessions(); err != nil {
		return s, err
	}
	for r.rest() != "" && r.rest()[0] != ':' {
		began := r.at
		t, err := r.turn(len(s.sessions))
		if err != nil {
			return s, err
		}
		if last := len(s.turns) - 1; last >= 0 && s.turns[last].session == t.session && s.turns[last].own == t.own {
			return s, r.wrongAt(began, "this turn and the one before it are equal, and are written as one")
		}
		s.turns = append(s.turns, t)
	}
	if len(r.rest()) != len(":00000000") {
		return s, r.wrong("want a colon and a checksum of 8 digits")
	}
	sum, err := strconv.ParseUint(r.rest()[1:], 16, 32)
	if err != nil {
		return s, r.wrongAt(r.at+1, "%q is no checksum of 8 digits in hex", r.rest()[1:])
	}
	s.sum = uint32(sum)
	return s, s.uses(r)
}

func (r *reader) sessions() ([]string, error) {
	list, _, found := strings.Cut(r.rest(), ":")
	if !found {
		return nil, r.wrong("want the sessions and a colon")
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		unescaped, err := url.QueryUnescape(name)
		switch {
		case err != nil:
			return nil, r.wrong("session %q: %v", name, err)
		case slices.Contains(names, unescaped):
			return nil, r.wrong("session %q is named twice", unescaped)
		case len(names) == len(letters):
			return nil, r.wrong("there are more than %d sessions", len(letters))
		}
		names = append(names, unescaped)
		r.at += len(name) + len(",") // or the colon
	}
	if list == "" && strings.HasPrefix(r.rest(), ":") {
		return nil, nil // the schedule without points
	}
	return names, nil
}

func (r *reader) turn(sessions int) (t turn, err error) {
	if t.times, err = r.number(1); err != nil {
		return t, err
	}
	if strings.HasPrefix(r.rest(), ".") {
		r.at++
		if t.own, err = r.number(0); err != nil {
			return t, err
		}
	}
	if t.session = strings.IndexByte(letters[:sessions], (r.rest() + ":")[0]); t.session < 0 {
		return t, r.wrong("want the letter of a session, of which there are %d", sessions)
	}
	r.at++
	return t, nil
}

// number reads a number of at most four digits, or none, which stands for the default.
func (r *reader) number(missing int) (int, error) {
	digits := r.rest()
	if end := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		digits = digits[:end]
	}
	if digits == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(digits)
	if err != nil || len(digits) > 4 || n == 0 {
		return 0, r.wrong("%q is no number from 1 to 9999", digits)
	}
	r.at += len(digits)
	return n, nil
}

// uses checks that the sessions are those of the turns, in the order of their first turns.
func (s Short) uses(r *reader) error {
	next := 0
	for _, t := range s.turns {
		if t.session > next {
			return r.wrongAt(len(version), "the sessions are to be in the order of their first turns")
		}
		if t.session == next {
			next++
		}
	}
	if next < len(s.sessions) {
		return r.wrongAt(len(version), "the session %q has no turn", s.sessions[next])
	}
	return nil
}
