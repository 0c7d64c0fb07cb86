package pg

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/DataDog/go-sqllexer"
)

// Kind is what sort of statement one is, as far as it matters to the order of statements.
type Kind uint8

const (
	// Query is any statement that is none of the others.
	Query Kind = iota
	// Commit ends a transaction and keeps what it did. A Sync that does this by itself, after statements whose answers
	// were asked for before, is one too.
	Commit
	// Rollback ends a transaction and undoes it.
	Rollback
	// Copy is COPY, in either direction.
	Copy
	// Other is a statement that is no point: BEGIN, SET, SHOW, RESET, DISCARD, DEALLOCATE, SAVEPOINT, RELEASE, and nothing at all.
	Other
)

func (k Kind) String() string {
	return [...]string{"query", "commit", "rollback", "copy", "other"}[k]
}

// maxName is how many runes of a statement make its name.
const maxName = 80

// source is the text of a statement and what it says. What is known of it is found when somebody asks first.
type source struct {
	sql   string
	whole bool // sql is all of it

	once     sync.Once // finds what follows
	text     string
	kind     Kind
	readOnly bool
	comment  map[string]string
}

// name is the text, short enough for a point.
func (s *source) name() string {
	runes := []rune(s.text)
	if len(runes) <= maxName {
		return s.text
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(s.text))
	return fmt.Sprintf("%s…%04x", strings.TrimSpace(string(runes[:maxName-5])), sum.Sum32()&0xffff)
}

// analyse finds out what the text says.
func (s *source) analyse() *source {
	s.once.Do(func() {
		words := newWords(s.sql)
		s.text, s.comment = words.text(), words.comment
		s.kind = words.kind()
		s.readOnly = s.whole && words.readOnly()
	})
	return s
}

// token is a piece of a statement that is neither space nor comment.
type token struct {
	kind   sqllexer.TokenType
	value  string
	spaced bool // space or a comment stood before it
}

// is tells whether the token is the word, which is in capitals.
func (t token) is(word ...string) bool {
	return slices.ContainsFunc(word, func(w string) bool { return strings.EqualFold(t.value, w) })
}

// words are the tokens of a text, statement after statement.
type words struct {
	statements [][]token
	comment    map[string]string
	odd        bool // something in it may mean another thing to the server
}

func newWords(sql string) *words {
	w := &words{odd: !utf8.ValidString(sql)}
	lexer := sqllexer.New(strings.ToValidUTF8(sql, "\uFFFD"), sqllexer.WithDBMS(sqllexer.DBMSPostgres))
	var statement []token
	spaced := false
	for {
		t := lexer.Scan()
		switch t.Type {
		case sqllexer.EOF:
			w.add(statement)
			return w
		case sqllexer.SPACE:
			spaced = true
			continue
		case sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
			w.commented(t.Value)
			spaced = true
			continue
		case sqllexer.PUNCTUATION:
			if t.Value == ";" {
				w.add(statement)
				statement, spaced = nil, false
				continue
			}
		case sqllexer.ERROR, sqllexer.UNKNOWN, sqllexer.INCOMPLETE_STRING, sqllexer.DOLLAR_QUOTED_FUNCTION, sqllexer.DOLLAR_QUOTED_STRING:
			w.odd = true
		case sqllexer.STRING:
			w.odd = w.odd || strings.Contains(t.Value, `\`)
		case sqllexer.IDENT, sqllexer.FUNCTION: // the lexer takes more for a part of a name than the server
			w.odd = w.odd || strings.ContainsAny(t.Value, `"/!?@#$`)
		}
		statement = append(statement, token{t.Type, t.Value, spaced})
		spaced = false
	}
}

func (w *words) add(statement []token) {
	if len(statement) > 0 {
		w.statements = append(w.statements, statement)
	}
}

// commented reads the tags of a comment as sqlcommenter writes them: /*action='rename',traceparent='00-…'*/.
func (w *words) commented(text string) {
	body := strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/")
	w.odd = w.odd || strings.Contains(body, "/*") // the server lets comments contain comments
	for pair := range strings.SplitSeq(body, ",") {
		key, quoted, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || len(quoted) < 2 || quoted[0] != '\'' || quoted[len(quoted)-1] != '\'' {
			continue
		}
		key, err := url.QueryUnescape(key)
		if err != nil {
			continue
		}
		value, err := url.PathUnescape(strings.ReplaceAll(quoted[1:len(quoted)-1], `\'`, `'`))
		if err != nil {
			continue
		}
		if w.comment == nil {
			w.comment = map[string]string{}
		}
		w.comment[key] = value
	}
}

// text is the statement with its values left out, and no more space than it needs.
func (w *words) text() string {
	var b strings.Builder
	for i, statement := range w.statements {
		if i > 0 {
			b.WriteString("; ")
		}
		values := 0 // 1 after a value, 2 after a value and a comma
		for j, t := range statement {
			value := isValue(t)
			switch {
			case value && values == 2: // a list of values is as good as one
				values = 1
				continue
			case value && values == 1 && !t.spaced: // the lexer makes two numbers of some
				continue
			case values == 1 && t.value == ",":
				values = 2
				continue
			case values == 2: // the list went on otherwise
				b.WriteByte(',')
			}
			if t.spaced && j > 0 && statement[j-1].value != "(" && t.value != ")" && t.value != "," {
				b.WriteByte(' ')
			}
			if values = 0; value {
				values = 1
				if sign := t.value[0]; j > 0 && !t.spaced && (sign == '-' || sign == '+') {
					b.WriteByte(sign)
				}
				t.value = "?"
			}
			b.WriteString(t.value)
		}
	}
	return b.String()
}

// isValue tells whether the token is a value that differs from request to request.
func isValue(t token) bool {
	switch t.kind {
	case sqllexer.STRING, sqllexer.INCOMPLETE_STRING, sqllexer.NUMBER, sqllexer.POSITIONAL_PARAMETER,
		sqllexer.DOLLAR_QUOTED_STRING, sqllexer.DOLLAR_QUOTED_FUNCTION:
		return t.value != ""
	}
	return false
}

// kind is that of all statements together: one that is a point makes the whole a point.
func (w *words) kind() Kind {
	kind, points := Other, 0
	for _, statement := range w.statements {
		if k := kindOf(statement); k != Other {
			kind = k
			points++
		}
	}
	if points > 1 {
		return Query
	}
	return kind
}

func kindOf(statement []token) Kind {
	first := statement[0]
	at := func(i int, word ...string) bool { return i < len(statement) && statement[i].is(word...) }
	switch {
	case first.is("BEGIN", "START", "SHOW", "RESET", "DISCARD", "DEALLOCATE", "SAVEPOINT", "RELEASE"):
		return Other
	case first.is("SET") && !at(1, "CONSTRAINTS"): // which checks those that were put off
		return Other
	case at(1, "PREPARED"):
		return Query
	case first.is("COMMIT", "END"):
		return Commit
	case first.is("ROLLBACK", "ABORT"):
		if at(1, "TO") || at(1, "WORK", "TRANSACTION") && at(2, "TO") {
			return Query
		}
		return Rollback
	case first.is("COPY"):
		return Copy
	default:
		return Query
	}
}
