package data

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Slice is a source of Go values, one row each. A struct or a map has its columns as JSON has them, and so in the order of
// its fields or of its keys; a text is a row with the one column "value". The items are read when the source is opened,
// and not changed.
func Slice[T any](items []T) Source {
	return &slice{kind: fmt.Sprintf("a %T", items), length: len(items), item: func(i int) any { return items[i] }}
}

type slice struct {
	kind   string
	length int
	item   func(i int) any
}

func (s *slice) String() string { return s.kind }

func (s *slice) Open() (Reader, error) {
	r := &sliceReader{slice: s}
	if s.length == 0 {
		return nil, fmt.Errorf("%s: %w", s, ErrNoRows)
	}
	first, err := s.object(0)
	if err != nil {
		return nil, err
	}
	r.columns = first.names
	return r, checkColumns(r.columns)
}

func (s *slice) object(i int) (*object, error) {
	item := s.item(i)
	if text, ok := item.(string); ok {
		return &object{names: []string{"value"}, values: []string{text}}, nil
	}
	encoded, err := json.Marshal(item)
	if err != nil {
		return nil, fmt.Errorf("row %d of %s: %w", i+1, s, err)
	}
	o, _, err := decodeObject(json.NewDecoder(bytes.NewReader(encoded)))
	if err != nil {
		return nil, fmt.Errorf("row %d of %s: %T cannot be a row: %w; structs, maps and texts can", i+1, s, item, err)
	}
	return o, nil
}

type sliceReader struct {
	*slice
	columns []string
	n       int
}

func (r *sliceReader) Columns() []string { return r.columns }

func (r *sliceReader) Close() error { return nil }

func (r *sliceReader) Read() (values []string, line int, err error) {
	if r.n == r.length {
		return nil, 0, io.EOF
	}
	o, err := r.object(r.n)
	if err != nil {
		return nil, 0, err
	}
	r.n++
	values, problem := o.inOrderOf(r.columns)
	if problem != "" {
		return nil, 0, fmt.Errorf("row %d of %s: %s", r.n, r.slice, problem)
	}
	return values, 0, nil
}
