package schedule

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// Schedule is an order of points.
type Schedule []Point

// String has a line for each point and no line end after the last. [Parse] reads it back.
func (s Schedule) String() string {
	var text []byte
	for i, p := range s {
		if i > 0 {
			text = append(text, '\n')
		}
		text = p.append(text)
	}
	return string(text)
}

// Parse is the inverse of [Schedule.String]. It also takes what an editor or a Go source does to a text: lines that are
// indented, empty lines, and line ends of either kind. An empty text is the empty schedule. Its errors are of type
// [*ParseError] and name line and column.
func Parse(text string) (Schedule, error) {
	var s Schedule
	for r := range lines(text) {
		p, err := r.point()
		if err == nil {
			err = r.end()
		}
		if err != nil {
			return nil, err
		}
		s = append(s, p)
	}
	return s, nil
}

// lines yields a reader for each line that is not blank, without the blanks around it.
func lines(text string) iter.Seq[*reader] {
	const blanks = " \t\r"
	return func(yield func(*reader) bool) {
		number := 0
		for line := range strings.SplitSeq(text, "\n") {
			number++
			trimmed := strings.TrimLeft(line, blanks)
			skip := utf8.RuneCountInString(line[:len(line)-len(trimmed)])
			trimmed = strings.TrimRight(trimmed, blanks)
			if trimmed != "" && !yield(&reader{text: trimmed, line: number, skip: skip}) {
				return
			}
		}
	}
}
