package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// JSON is a file with one list of objects. The names of the first object are the columns, in their order; each other object
// has the same names, in any order.
func JSON(path string) Source { return &jsonFile{path: path, open: newArrayReader} }

// JSONLines is a file with one object on each line; empty lines are skipped. The columns are as in [JSON].
func JSONLines(path string) Source { return &jsonFile{path: path, open: newLinesReader} }

type jsonFile struct {
	path string
	open func(*input) (Reader, error)
}

func (f *jsonFile) String() string { return f.path }

func (f *jsonFile) Size() (int64, error) { return fileSize(f.path) }

func (f *jsonFile) Open() (Reader, error) {
	in, err := openInput(f.path)
	if err != nil {
		return nil, err
	}
	r, err := f.open(in)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return r, nil
}

// ahead is a Reader that has read its first row already, since that names the columns.
type ahead struct {
	in      *input
	columns []string
	next    func() (*object, int, error)
	first   *object
	line    int
}

func startAhead(in *input, next func() (*object, int, error)) (Reader, error) {
	first, line, err := next()
	if errors.Is(err, io.EOF) {
		return nil, in.problem(1, 1, "there is no object", "the first object names the columns, and each is a row")
	}
	if err != nil {
		return nil, err
	}
	if len(first.names) == 0 {
		return nil, in.problem(line, 1, "the first object is empty", "its names are the columns")
	}
	return &ahead{in: in, columns: first.names, next: next, first: first, line: line}, nil
}

func (r *ahead) Columns() []string { return r.columns }

func (r *ahead) Close() error { return r.in.Close() }

func (r *ahead) Read() (values []string, line int, err error) {
	o := r.first
	if o != nil {
		line, r.first = r.line, nil
	} else if o, line, err = r.next(); err != nil {
		return nil, 0, err
	}
	values, problem := o.inOrderOf(r.columns)
	if problem != "" {
		return nil, 0, r.in.problem(line, 1, problem, "every object needs the names of the first; a value that is not there is null")
	}
	return values, line, nil
}

// newArrayReader reads one list of objects.
func newArrayReader(in *input) (Reader, error) {
	decoder := json.NewDecoder(in)
	place := func() (int, int) { return in.place(decoder.InputOffset()) }
	begin, err := decoder.Token()
	if err == nil && begin != json.Delim('[') {
		return nil, in.problem(1, 1, "the file does not begin with a list", "[{…}, {…}] is a list of rows; a file with an object on each line is JSON Lines (.jsonl)")
	}
	if err != nil {
		return nil, placedJSON(in, err, place)
	}
	return startAhead(in, func() (*object, int, error) {
		if !decoder.More() {
			return nil, 0, endOfList(in, decoder, place)
		}
		in.rowDone(decoder.InputOffset())
		o, begin, err := decodeObject(decoder)
		if err != nil {
			return nil, 0, placedJSON(in, err, place)
		}
		line, _ := in.place(begin)
		return o, line, nil
	})
}

// endOfList is io.EOF if the list is closed and nothing comes after it.
func endOfList(in *input, decoder *json.Decoder, place func() (int, int)) error {
	if _, err := decoder.Token(); err != nil {
		return placedJSON(in, err, place)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		line, column := place()
		return in.problem(line, column, "something comes after the list", "the file has one list, and nothing else")
	}
	return io.EOF
}

// newLinesReader reads an object from each line.
func newLinesReader(in *input) (Reader, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxRow)
	line, offset := 0, int64(0)
	return startAhead(in, func() (*object, int, error) {
		for lines.Scan() {
			line++
			text := lines.Bytes()
			offset += int64(len(text)) + 1
			in.rowDone(offset)
			if len(bytes.TrimSpace(text)) == 0 {
				continue
			}
			o, err := decodeLine(in, line, text)
			return o, line, err
		}
		if errors.Is(lines.Err(), bufio.ErrTooLong) {
			return nil, 0, in.problem(line+1, 1, fmt.Sprintf("the line has more than %d bytes", maxRow), "is the file JSON Lines, one object on each line?")
		}
		if lines.Err() != nil {
			return nil, 0, lines.Err()
		}
		return nil, 0, io.EOF
	})
}

func decodeLine(in *input, line int, text []byte) (*object, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	place := func() (int, int) { return line, int(decoder.InputOffset()) + 1 }
	o, _, err := decodeObject(decoder)
	if err != nil {
		return nil, placedJSON(in, err, place)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		line, column := place()
		return nil, in.problem(line, column, "something comes after the object", "JSON Lines have one object on each line")
	}
	return o, nil
}

// errNotObject says that a row is something else, or is written in a way that is no row.
type notObjectError struct{ problem, hint string }

func (e *notObjectError) Error() string { return e.problem }

// placedJSON gives an error its place, which is the end of what could be read.
func placedJSON(in *input, err error, place func() (int, int)) error {
	if _, placed := errors.AsType[*PlaceError](err); placed {
		return err // of the input, which knows better
	}
	line, column := place()
	if not, ok := errors.AsType[*notObjectError](err); ok {
		return in.problem(line, column, not.problem, not.hint)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return in.problem(line, column, "the text ends in the middle of a row", "was the file cut off?")
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return in.problem(line, column, "from here on it is no JSON: "+syntax.Error(), "a tool such as jq shows where it goes wrong")
	}
	return fmt.Errorf("%s:%d:%d: %w", in.file, line, column, err)
}

// object is a row before it has its columns.
type object struct{ names, values []string }

// inOrderOf returns the values by column, or what is wrong.
func (o *object) inOrderOf(columns []string) (values []string, problem string) {
	if slices.Equal(o.names, columns) {
		return o.values, ""
	}
	values = make([]string, len(columns))
	for i, column := range columns {
		at := slices.Index(o.names, column)
		if at < 0 {
			return nil, fmt.Sprintf("the object has no %q", column)
		}
		values[i] = o.values[at]
	}
	for _, name := range o.names {
		if !slices.Contains(columns, name) {
			return nil, fmt.Sprintf("the object has %q, which the first does not have", name)
		}
	}
	return values, ""
}

// decodeObject reads an object in the order in which it is written, and says at which offset it begins.
func decodeObject(decoder *json.Decoder) (o *object, begin int64, err error) {
	start, err := decoder.Token()
	if err != nil {
		return nil, 0, err
	}
	begin = decoder.InputOffset() - 1
	if start != json.Delim('{') {
		return nil, 0, &notObjectError{"a row is no object", `each row is an object, as in {"user": "ada"}`}
	}
	o = &object{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, 0, err
		}
		name := token.(string) // a decoder gives nothing else here
		if slices.Contains(o.names, name) {
			return nil, 0, &notObjectError{fmt.Sprintf("%q is there twice", name), "which of the two is meant?"}
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return nil, 0, err
		}
		value, err := textOf(raw)
		if err != nil {
			return nil, 0, err
		}
		o.names, o.values = append(o.names, name), append(o.values, value)
	}
	_, err = decoder.Token()
	return o, begin, err
}

// textOf is a text without its quotes, nothing for null, and everything else as compact JSON.
func textOf(raw json.RawMessage) (string, error) {
	switch {
	case string(raw) == "null":
		return "", nil
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return compact.String(), err
}
