package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// CSVOptions say how a CSV file is written. The zero value is a file with commas and a header.
type CSVOptions struct {
	// Comma separates the fields. 0: a comma.
	Comma rune
	// Columns are the names of the columns of a file without a header. Nil: the first line has them.
	Columns []string
}

// CSV is a file as RFC 4180 has it: fields separated by commas, in double quotes where they contain commas, quotes (doubled)
// or line breaks; the first line names the columns. The text is UTF-8, with or without a byte order mark. Empty lines
// are skipped. A row with more or fewer fields than there are columns is an error, as is anything else that is not so.
func CSV(path string) Source { return CSVWith(path, CSVOptions{}) }

// CSVWith is a CSV that is written in another way.
func CSVWith(path string, o CSVOptions) Source { return &csvFile{path, o} }

type csvFile struct {
	path    string
	options CSVOptions
}

func (f *csvFile) String() string { return f.path }

func (f *csvFile) Size() (int64, error) { return fileSize(f.path) }

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f *csvFile) Open() (Reader, error) {
	in, err := openInput(f.path)
	if err != nil {
		return nil, err
	}
	r, err := newCSVReader(in, f.options)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return r, nil
}

type csvReader struct {
	in      *input
	rows    *csv.Reader
	columns []string
}

func newCSVReader(in *input, o CSVOptions) (*csvReader, error) {
	r := &csvReader{in: in, rows: csv.NewReader(in), columns: slices.Clone(o.Columns)}
	r.rows.FieldsPerRecord = -1 // counted here, for better messages
	if o.Comma != 0 {
		r.rows.Comma = o.Comma
	}
	if o.Columns != nil {
		return r, checkColumns(o.Columns)
	}
	header, err := r.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, in.problem(1, 1, "the file is empty", "the first line names the columns, and each line after it is a row")
	}
	if err != nil {
		return nil, r.placed(err)
	}
	r.columns = header
	for i := range header {
		if problem := columnProblem(header, i); problem != "" {
			line, column := r.rows.FieldPos(i)
			return nil, in.problem(line, column, fmt.Sprintf("column %d: %s", i+1, problem),
				"the first line names the columns; CSVOptions.Columns is for files without such a line")
		}
	}
	r.in.rowDone(r.rows.InputOffset())
	return r, nil
}

func (r *csvReader) Columns() []string { return r.columns }

func (r *csvReader) Close() error { return r.in.Close() }

func (r *csvReader) Read() (values []string, line int, err error) {
	values, err = r.rows.Read()
	if err != nil {
		return nil, 0, r.placed(err)
	}
	line, _ = r.rows.FieldPos(0)
	if len(values) != len(r.columns) {
		return nil, 0, r.ragged(len(values))
	}
	r.in.rowDone(r.rows.InputOffset())
	return values, line, nil
}

// ragged tells of the first field too many, or of the last that is there.
func (r *csvReader) ragged(have int) error {
	want := len(r.columns)
	if have > want {
		line, column := r.rows.FieldPos(want)
		return r.in.problem(line, column, fmt.Sprintf("the row has %d fields for %d columns; from this one on they are too many", have, want),
			"a comma inside a field needs double quotes around the field")
	}
	line, column := r.rows.FieldPos(have - 1)
	return r.in.problem(line, column, fmt.Sprintf("the row has %d fields for %d columns; after this one %s is missing", have, want, quoted(r.columns[have:])),
		"an empty field still needs its comma")
}

// placed gives the errors of the csv package a file, and words for people.
func (r *csvReader) placed(err error) error {
	parse, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return err // io.EOF, of the input, or of the disk
	}
	switch {
	case errors.Is(parse.Err, csv.ErrBareQuote):
		return r.in.problem(parse.Line, parse.Column, "a quote in a field that does not begin with one",
			"put the whole field in double quotes, and double the quotes in it")
	case errors.Is(parse.Err, csv.ErrQuote):
		return r.in.problem(parse.Line, parse.Column, fmt.Sprintf("the quotes of the row that begins in line %d do not match", parse.StartLine),
			"a quote inside a quoted field is doubled; after the closing quote comes a comma or the end of the line")
	}
	return r.in.problem(max(1, parse.Line), max(1, parse.Column), parse.Err.Error(), "is the file a CSV?")
}
