package diagram

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed49090845/lockstep/sync/schedule"
)

// widest is how many characters of an event are shown; of what is longer, the beginning and an ellipsis.
const widest = 60

const (
	lifeline = "│"
	mark     = "├─ "
	gap      = 2
)

// Text draws the events, numbered from 1, in the order in which they are given. The columns are in the order of sessions; a
// session that has events and is not among them comes after those, in the order of appearance. Widths are counted in
// characters.
func Text(sessions []string, events []schedule.Event) string {
	d := drawing{sessions: slices.Clone(sessions)}
	for _, e := range events {
		if !slices.Contains(d.sessions, e.Session) {
			d.sessions = append(d.sessions, e.Session)
		}
	}
	d.measure(events)
	d.row("", func(column int) string { return shown(d.sessions[column]) })
	for i, e := range events {
		d.row("", func(int) string { return lifeline })
		d.row(fmt.Sprint(i+1), func(column int) string {
			if d.sessions[column] != e.Session {
				return lifeline
			}
			return mark + label(e)
		})
	}
	return d.text.String()
}

type drawing struct {
	sessions []string
	widths   []int
	digits   int
	text     strings.Builder
}

func (d *drawing) measure(events []schedule.Event) {
	d.digits = len(fmt.Sprint(len(events)))
	for _, name := range d.sessions {
		width := utf8.RuneCountInString(shown(name))
		for _, e := range events {
			if e.Session == name {
				width = max(width, utf8.RuneCountInString(mark+label(e)))
			}
		}
		d.widths = append(d.widths, width)
	}
}

// row draws a line, without blanks at its end.
func (d *drawing) row(number string, cell func(column int) string) {
	var line strings.Builder
	fmt.Fprintf(&line, "%*s", d.digits, number)
	for column, width := range d.widths {
		fmt.Fprintf(&line, "%*s%-*s", gap, "", width, cell(column))
	}
	d.text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// label is what is said of an event: the point without its session, which the column says, and the note.
func label(e schedule.Event) string {
	var parts []string
	if e.Point != (schedule.Point{}) {
		what := e.Point.What
		if e.Point.Nth > 1 {
			what = fmt.Sprintf("%s#%d", what, e.Point.Nth)
		}
		parts = append(parts, what)
	}
	if e.Note != "" {
		parts = append(parts, e.Note)
	}
	if len(parts) == 2 { // what became of it is seen, however long it is itself
		parts[0] = cut(parts[0], max(widest-utf8.RuneCountInString(": "+e.Note), widest/2))
	}
	return shown(strings.Join(parts, ": "))
}

// shown is the text in one line that is not too long.
func shown(text string) string {
	line := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	return cut(line, widest)
}

func cut(text string, width int) string {
	if utf8.RuneCountInString(text) > width {
		return string([]rune(text)[:width-1]) + "…"
	}
	return text
}
