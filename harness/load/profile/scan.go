package profile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a place in a text, in bytes.
type span struct{ from, to int }

type tokenKind int

const (
	endToken tokenKind = iota
	nameToken
	numberToken
	markToken // one character: ( ) , . or what belongs nowhere
)

type token struct {
	kind tokenKind
	text string
	at   span
}

// String is the token as messages name it.
func (t token) String() string {
	if t.kind == endToken {
		return "the end of the text"
	}
	return `"` + clip(t.text) + `"`
}

func (t token) is(mark string) bool { return t.kind == markToken && t.text == mark }

// scan cuts a text into tokens; the last one is the end. Blanks and // comments only separate. A number takes a
// point along if a digit follows, so that 10.minutes is three tokens and 1.5 one.
func scan(text string) []token {
	var tokens []token
	for at := skip(text, 0); at < len(text); at = skip(text, at) {
		kind, to := next(text, at)
		tokens = append(tokens, token{kind, text[at:to], span{at, to}})
		at = to
	}
	return append(tokens, token{endToken, "", span{len(text), len(text)}})
}

func skip(text string, at int) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case unicode.IsSpace(r):
			at += size
		case strings.HasPrefix(text[at:], "//"):
			end := strings.IndexByte(text[at:], '\n')
			if end < 0 {
				return len(text)
			}
			at += end
		default:
			return at
		}
	}
	return at
}

func next(text string, at int) (tokenKind, int) {
	r, size := utf8.DecodeRuneInString(text[at:])
	switch {
	case isDigit(r), r == '-' && at+1 < len(text) && isDigit(rune(text[at+1])):
		return numberToken, number(text, at+size)
	case unicode.IsLetter(r):
		to := at + size
		for to < len(text) {
			r, size := utf8.DecodeRuneInString(text[to:])
			if !unicode.IsLetter(r) {
				break
			}
			to += size
		}
		return nameToken, to
	}
	return markToken, at + size
}

// number gives the end of a number that was begun.
func number(text string, at int) int {
	digits := func() {
		for at < len(text) && isDigit(rune(text[at])) {
			at++
		}
	}
	digits()
	if at+1 < len(text) && text[at] == '.' && isDigit(rune(text[at+1])) {
		at++
		digits()
	}
	return at
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
