package data

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sessions/redact"
)

// Row is one row of a source. Its values are text: what a JSON source has besides text is there as JSON (3, true,
// {"a": 1}), and null is the empty text. A Row never changes.
type Row struct {
	// Number counts the rows of the source from 1, the header of a CSV not among them.
	Number int

	origin *origin
	line   int // in the file; 0: the source has no lines
	values []string
}

// origin is what all rows of a source share.
type origin struct {
	source  string
	columns []string
	secret  []bool // by column: its values are not shown
}

func newOrigin(source Source, columns []string) *origin {
	o := &origin{source: source.String(), columns: columns}
	for _, column := range columns {
		pair := column + "=x"
		o.secret = append(o.secret, redact.Redactor{}.Text(pair) != pair)
	}
	return o
}

// Value returns what the row has in the column. It panics if there is no such column, which [Options.Columns] finds before
// the run.
func (r Row) Value(column string) string {
	value, ok := r.Lookup(column)
	if !ok {
		panic(fmt.Sprintf("data: %s has no column %q, but %s", r.Place(), column, quoted(r.Columns())))
	}
	return value
}

// Lookup returns what the row has in the column; false: there is no such column.
func (r Row) Lookup(column string) (string, bool) {
	if r.origin == nil {
		return "", false
	}
	i := slices.Index(r.origin.columns, column)
	if i < 0 {
		return "", false
	}
	return r.values[i], true
}

// Columns returns the names of the columns, in the order of the source. The slice belongs to the caller.
func (r Row) Columns() []string {
	if r.origin == nil {
		return nil
	}
	return slices.Clone(r.origin.columns)
}

// Values returns the values in the order of the columns. The slice belongs to the caller.
func (r Row) Values() []string { return slices.Clone(r.values) }

// Place is where the row is: "users.csv:17" for a file, "row 16 of a slice" for other sources.
func (r Row) Place() string {
	switch {
	case r.origin == nil:
		return "no row"
	case r.line > 0:
		return fmt.Sprintf("%s:%d", r.origin.source, r.line)
	}
	return fmt.Sprintf("row %d of %s", r.Number, r.origin.source)
}

// Line is the line of the file that the row begins at, from 1; 0 where the source has no lines.
func (r Row) Line() int { return r.line }

// String is the place and the values, shortened for a line of a message, and without those of columns whose names are those
// of secrets.
func (r Row) String() string {
	return r.Place() + " (" + shortened(strings.Join(r.shown(24), ", "), 72) + ")"
}

// shown are the values for people, each in at most that many characters.
func (r Row) shown(most int) []string {
	var values []string
	for i, v := range r.values {
		if r.origin.secret[i] {
			v = "REDACTED"
		}
		values = append(values, shortened(v, most))
	}
	return values
}

// GomegaString is what a failed assertion of Gomega shows of the row.
func (r Row) GomegaString() string { return r.String() }

// weight is about how many bytes of memory the row takes.
func (r Row) weight() int64 {
	weight := 80 + 16*len(r.values)
	for _, v := range r.values {
		weight += len(v)
	}
	return int64(weight)
}

// shortened is the text in at most that many characters, on one line.
func shortened(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	runes := []rune(text[:min(len(text), 4*most)])
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}

func quoted(names []string) string {
	var items []string
	for _, n := range names {
		items = append(items, fmt.Sprintf("%q", n))
	}
	return strings.Join(items, ", ")
}
