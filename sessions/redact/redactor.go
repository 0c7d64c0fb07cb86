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

// expressions are compiled once for each list of words.
var expressions sync.Map

type patterns struct {
	name    *regexp.Regexp // a secret's name
	element *regexp.Regexp // <password …>…</password>, in XML
}

func (r Redactor) patterns() *patterns {
	words := slices.Concat(secretNames, r.Names)
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	key := strings.Join(words, "|")
	if known, ok := expressions.Load(key); ok {
		return known.(*patterns)
	}
	known, _ := expressions.LoadOrStore(key, compile(key))
	return known.(*patterns)
}

func compile(key string) *patterns {
	named := `[\w.:-]*(?:` + key + `)[\w.:-]*`
	return &patterns{
		name:    regexp.MustCompile(`(?i)` + key),
		element: regexp.MustCompile(`(?is)(<` + named + `(?:\s` + tag + `)?>)(.*?)(</` + named + `\s*>|$)`),
	}
}
