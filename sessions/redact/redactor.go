package redact

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// redacted stands where a secret was.
const redacted = "REDACTED"

// secretNames are parts of the names of parameters, fields and headers whose values are secret.
var secretNames = []string{"password", "passwd", "pwd", "secret", "token", "csrf", "authorization", "cookie", "session", "api_key", "apikey", "api-key"}

// Redactor hides secrets in whatever is written: values of parameters, form fields, headers and JSON members
// whose name contains one of its words, in any case. The zero value knows the usual words.
//
// It goes by names, so it hides what has one, in the notations that it knows. It hides too much rather than
// too little: of the text "password: too short" it leaves "password: REDACTED short".
type Redactor struct {
	// Names are more words; empty ones are ignored.
	Names []string
}

// compiled are the patterns of each list of words that is in use.
var compiled sync.Map

type patterns struct {
	names   *words
	element *regexp.Regexp // <password …>…</password>, in XML
}

func (r Redactor) patterns() *patterns {
	key := strings.Join(r.Names, "\n")
	if known, ok := compiled.Load(key); ok {
		return known.(*patterns)
	}
	all := slices.Concat(secretNames, r.Names)
	all = slices.DeleteFunc(all, func(word string) bool { return word == "" })
	known, _ := compiled.LoadOrStore(key, compile(all))
	return known.(*patterns)
}

func compile(all []string) *patterns {
	escaped := make([]string, len(all))
	for i, word := range all {
		escaped[i] = regexp.QuoteMeta(word)
	}
	name := `[\w.:-]*(?:` + strings.Join(escaped, "|") + `)[\w.:-]*`
	return &patterns{
		names:   newWords(all),
		element: regexp.MustCompile(`(?is)(<` + name + `(?:\s` + tag + `)?>)(.*?)(</` + name + `\s*>|$)`),
	}
}
