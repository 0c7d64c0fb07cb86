package schedule

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Point is a place at which a session can be held, by its name: the n-th time that this session comes to this. Points
// are equal when their names are.
type Point struct {
	// Session is who comes to the point.
	Session string
	// What is what the session is about to do there, such as "POST /phonebooks/{id}".
	What string
	// Nth is which occurrence it is, counted from 1 among the points of this session with this What.
	Nth int
}

// String is such as "owner POST /phonebooks/{id}#1". [ParsePoint] reads it back, whatever the session and What are. Either
// is in quotes, as a Go string, where it could not be told from what is around it: if it is empty, has characters that
// cannot be seen, or begins with a quote; a session also with a space or a quote in it, and a What with one at its
// beginning or end or with the word "before", which stands between the points of a [Constraint].
func (p Point) String() string {
	return string(p.append(nil))
}

func (p Point) append(text []byte) []byte {
	text = appendWord(text, p.Session, plainSession)
	text = append(text, ' ')
	text = appendWord(text, p.What, plainWhat)
	text = append(text, '#')
	return strconv.AppendInt(text, int64(p.Nth), 10)
}

func appendWord(text []byte, word string, plain func(string) bool) []byte {
	if plain(word) {
		return append(text, word...)
	}
	return strconv.AppendQuote(text, word)
}

func plainSession(name string) bool {
	return visible(name) && !strings.ContainsAny(name, ` "`)
}

func plainWhat(what string) bool {
	return visible(what) && what[0] != '"' && what == strings.Trim(what, " ") && !strings.Contains(" "+what+" ", between)
}

// visible reports whether a reader sees all of the text. Of the spaces, only that of ASCII counts as such.
func visible(text string) bool {
	return text != "" && utf8.ValidString(text) &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// ParsePoint is the inverse of [Point.String]. A point has one notation only: quotes where none are needed are refused.
// Its errors are of type [*ParseError].
func ParsePoint(text string) (Point, error) {
	r := &reader{text: text, line: 1}
	p, err := r.point()
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return Point{}, err
	}
	return p, nil
}
