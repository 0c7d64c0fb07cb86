package profile

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// StepError tells what is wrong with a step that was given as a value.
type StepError struct {
	Step    int    // counted from 1
	Text    string // the step in the notation of Parse
	Call    string // the name in whose parentheses the value stands; empty if it is the whole step
	Problem string
	Hint    string // empty if there is none
}

func (e *StepError) Error() string {
	text := fmt.Sprintf("step %d", e.Step)
	if e.Text != "" {
		text += ", " + e.Text
	}
	if e.Call != "" {
		text += ": " + e.Call
	}
	return text + ": " + withHint(e.Problem, e.Hint)
}

func stepError[S fmt.Stringer](at int, steps []S, f *fault) *StepError {
	err := &StepError{Step: at + 1, Call: f.call, Problem: f.problem, Hint: f.hint}
	if at < len(steps) && any(steps[at]) != nil {
		err.Text = steps[at].String()
	}
	return err
}

// ParseError tells what is wrong with a text, and where.
type ParseError struct {
	Line, Column int // counted from 1, in characters
	Source       string
	Length       int // characters that it is about; at least 1
	Problem      string
	Hint         string // empty if there is none
}

// Error has three lines: the place and the problem, the line of the text, and a caret below the place.
func (e *ParseError) Error() string {
	lines := strings.Split(e.Source, "\n")
	source, column := window([]rune(strings.TrimRight(lines[e.Line-1], "\r")), e.Column-1)
	var indent strings.Builder
	for _, r := range source[:column] {
		if r == '\t' {
			indent.WriteRune('\t')
		} else {
			indent.WriteRune(' ')
		}
	}
	carets := strings.Repeat("^", max(1, min(e.Length, len(source)-column)))
	return fmt.Sprintf("line %d, column %d: %s\n  %s\n  %s%s",
		e.Line, e.Column, withHint(e.Problem, e.Hint), string(source), indent.String(), carets)
}

// window is the part of a long line that is around a column, and the column in it.
func window(line []rune, column int) ([]rune, int) {
	const width = 120
	column = min(column, len(line))
	if len(line) <= width {
		return line, column
	}
	from := max(0, min(column-width/2, len(line)-width))
	return line[from : from+width], column - from
}

// clip shortens what would make a message unreadable.
func clip(text string) string {
	const longest = 40
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// parseError places a problem at bytes of the source.
func parseError(source string, at span, problem, hint string) *ParseError {
	before := source[:at.from]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return &ParseError{
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(source[lineStart:at.from]) + 1,
		Source:  source,
		Length:  max(1, utf8.RuneCountInString(source[at.from:at.to])),
		Problem: problem,
		Hint:    hint,
	}
}

func withHint(problem, hint string) string {
	if hint == "" {
		return problem
	}
	return problem + "; " + hint
}
