package redact

import "strings"

// words finds names of secrets in a text, in any case. They are looked for in each header, cookie and page that is
// written, so that is done without regular expressions.
type words struct {
	beginning [256][]string // by the first byte, as small and as capital letter
}

func newWords(all []string) *words {
	w := &words{}
	for _, word := range all {
		small, capital := strings.ToLower(word)[0], strings.ToUpper(word)[0]
		w.beginning[small] = append(w.beginning[small], word)
		if capital != small {
			w.beginning[capital] = append(w.beginning[capital], word)
		}
	}
	return w
}

// in tells whether one of the words is in the text.
func (w *words) in(text string) bool { return w.find(text) >= 0 }

// find is where the first word in the text ends; -1 if there is none.
func (w *words) find(text string) int {
	for i := range len(text) {
		for _, word := range w.beginning[text[i]] {
			if end := i + len(word); end <= len(text) && strings.EqualFold(text[i:end], word) {
				return end
			}
		}
	}
	return -1
}
