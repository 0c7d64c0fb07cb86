package data

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Source is where rows come from. [CSV], [JSON], [JSONLines], [Slice] and [Func] are sources; [File] chooses by the name of a
// file. A source may be opened several times, and by several feeders.
type Source interface {
	// Open starts at the first row.
	Open() (Reader, error)
	// String names the source in messages.
	String() string
}

// Reader reads the rows of a source once, from the first to the last, for one goroutine.
type Reader interface {
	// Columns returns the names of the columns: at least one, none empty, no two the same.
	Columns() []string
	// Read returns the values of the next row, as many as there are columns, and the line that it begins at, 0 if the source has no
	// lines. The slice is the caller's. After the last row the error is io.EOF.
	Read() (values []string, line int, err error)
	// Close ends the reading, at any time.
	Close() error
}

// sized is a source that knows how many bytes it has.
type sized interface{ Size() (int64, error) }

// File returns the source for a file by the ending of its name: .csv, .tsv (separated by tabs), .json, .jsonl or .ndjson.
func File(path string) (Source, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".csv":
		return CSV(path), nil
	case ".tsv":
		return CSVWith(path, CSVOptions{Comma: '\t'}), nil
	case ".json":
		return JSON(path), nil
	case ".jsonl", ".ndjson":
		return JSONLines(path), nil
	default:
		return nil, fmt.Errorf("%w: %s ends in %q, which is none of .csv, .tsv, .json, .jsonl, .ndjson", ErrInvalidOption, path, ending)
	}
}

// Func is a source that calls a function: with 0 for the first row, 1 for the second, and so on. It returns the values in
// the order of the columns, or io.EOF after the last row. A function that never ends suits the policies that read
// as they go.
func Func(columns []string, row func(n int) ([]string, error)) Source { return &function{columns, row} }

type function struct {
	columns []string
	row     func(n int) ([]string, error)
}

func (f *function) String() string { return "a function" }

func (f *function) Open() (Reader, error) {
	if err := checkColumns(f.columns); err != nil {
		return nil, fmt.Errorf("%s: %w", f, err)
	}
	return &functionReader{function: f}, nil
}

type functionReader struct {
	*function
	n int
}

func (r *functionReader) Columns() []string { return r.columns }

func (r *functionReader) Close() error { return nil }

func (r *functionReader) Read() (values []string, line int, err error) {
	values, err = r.row(r.n)
	switch {
	case errors.Is(err, io.EOF):
		return nil, 0, io.EOF
	case err != nil:
		return nil, 0, fmt.Errorf("row %d of %s: %w", r.n+1, r, err)
	case len(values) != len(r.columns):
		return nil, 0, fmt.Errorf("row %d of %s: %d values for %d columns (%s)", r.n+1, r, len(values), len(r.columns), quoted(r.columns))
	}
	r.n++
	return values, 0, nil
}

// checkColumns refuses names of columns that cannot be told apart.
func checkColumns(columns []string) error {
	if len(columns) == 0 {
		return fmt.Errorf("%w: there are no columns", ErrInvalidOption)
	}
	for i := range columns {
		if problem := columnProblem(columns, i); problem != "" {
			return fmt.Errorf("%w: column %d: %s", ErrInvalidOption, i+1, problem)
		}
	}
	return nil
}

// columnProblem says what is wrong with the name of a column, given those before it.
func columnProblem(columns []string, i int) string {
	if strings.TrimSpace(columns[i]) == "" {
		return "it has no name"
	}
	for j, earlier := range columns[:i] {
		if earlier == columns[i] {
			return fmt.Sprintf("%q is the name of column %d already", earlier, j+1)
		}
	}
	return ""
}
