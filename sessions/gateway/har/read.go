package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrMalformed says that something is no HAR.
var ErrMalformed = errors.New("malformed HAR")

// Read reads the HAR of any tool. It keeps what the types of this package have; the rest is ignored, and what the format
// demands but tools leave out may be missing. An entry has a time, a method and an address, or there is an error.
func Read(r io.Reader) (*Log, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("HAR: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	d := &document{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	if err := d.valid(); err != nil {
		return nil, err
	}
	return d.log()
}

// document is JSON that is read member by member, so that it is known where each of them is.
type document struct {
	data    []byte
	decoder *json.Decoder
}

// valid tells what is not JSON; the rest of the reading relies on it.
func (d *document) valid() error {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(d.data, &struct{}{}); errors.As(err, &syntax) {
		return d.malformed(int(syntax.Offset)-1, "%v", syntax)
	}
	return nil
}

// malformed is an error about the byte at the offset.
func (d *document) malformed(offset int, format string, about ...any) error {
	before := d.data[:max(0, min(offset, len(d.data)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%w: line %d, column %d: %s", ErrMalformed, line, column, fmt.Sprintf(format, about...))
}

func (d *document) log() (*Log, error) {
	var l Log
	found := false
	err := d.object("the document", func(name string) error {
		if name != "log" {
			return d.value(name, new(json.RawMessage))
		}
		found = true
		return d.members(&l)
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, d.malformed(0, `there is no "log"`)
	case l.Entries == nil:
		return nil, d.malformed(0, `"log" has no "entries"`)
	}
	return &l, nil
}

func (d *document) members(l *Log) error {
	into := map[string]any{"version": &l.Version, "creator": &l.Creator, "browser": &l.Browser, "pages": &l.Pages, "comment": &l.Comment}
	return d.object(`"log"`, func(name string) error {
		if name == "entries" {
			l.Entries = []Entry{}
			return d.list(`"entries"`, func(i int) error { return d.entry(l, i) })
		}
		if member, known := into[name]; known {
			return d.value(name, member)
		}
		return d.value(name, new(json.RawMessage))
	})
}

func (d *document) entry(l *Log, i int) error {
	what := fmt.Sprintf("entry %d", i+1)
	begin := d.begin()
	var e Entry
	if err := d.value(what, &e); err != nil {
		return err
	}
	_ = json.Unmarshal(d.data[begin:d.end()], &e.Origin) // other tools may mean something else by these names
	for _, needed := range []struct {
		name    string
		missing bool
	}{{"startedDateTime", e.Started.IsZero()}, {"request.method", e.Request.Method == ""}, {"request.url", e.Request.URL == ""}} {
		if needed.missing {
			return d.malformed(begin, "%s: %s is missing", what, needed.name)
		}
	}
	l.Entries = append(l.Entries, e)
	return nil
}

// value reads a value of the type that is wanted.
func (d *document) value(what string, into any) error {
	begin := d.begin()
	var raw json.RawMessage
	if err := d.decoder.Decode(&raw); err != nil {
		return d.malformed(begin, "%s: %v", what, err)
	}
	err := json.Unmarshal(raw, into)
	var unfit *json.UnmarshalTypeError
	switch {
	case errors.As(err, &unfit) && unfit.Field != "":
		return d.malformed(begin+int(unfit.Offset)-1, "%s: %s cannot be a %s", what, unfit.Field, unfit.Value)
	case errors.As(err, &unfit):
		return d.malformed(begin, "%s cannot be a %s", what, unfit.Value)
	case err != nil:
		return d.malformed(begin, "%s: %v", what, err)
	}
	return nil
}

// object reads an object; member reads the value of each member.
func (d *document) object(what string, member func(name string) error) error {
	return d.nested(what, '{', "an object", func() error {
		name, err := d.decoder.Token()
		if err != nil {
			return d.malformed(d.end(), "%s: %v", what, err)
		}
		return member(name.(string)) // the JSON is valid
	})
}

func (d *document) list(what string, element func(i int) error) error {
	i := -1
	return d.nested(what, '[', "a list", func() error {
		i++
		return element(i)
	})
}

func (d *document) nested(what string, open json.Delim, kind string, each func() error) error {
	begin := d.begin()
	if token, err := d.decoder.Token(); err != nil || token != open {
		return d.malformed(begin, "%s is not %s", what, kind)
	}
	for d.decoder.More() {
		if err := each(); err != nil {
			return err
		}
	}
	if _, err := d.decoder.Token(); err != nil {
		return d.malformed(d.end(), "%s: %v", what, err)
	}
	return nil
}

// begin is where the next token begins.
func (d *document) begin() int {
	return len(d.data) - len(bytes.TrimLeft(d.data[d.end():], " \t\r\n,:"))
}

// end is where the last token ended.
func (d *document) end() int { return int(d.decoder.InputOffset()) }
