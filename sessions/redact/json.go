package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// json hides the values of members with a secret name, whatever they are, and what is secret in strings. The rest stays
// as it is, letter by letter. Where it is no JSON any more, or was cut off, it is text.
func (p *patterns) json(source string) string {
	j := jsonRedactor{patterns: p, source: source, decoder: json.NewDecoder(strings.NewReader(source))}
	j.decoder.UseNumber()
	var err error
	for err == nil {
		err = j.next()
	}
	rest := source[j.copied:]
	if !errors.Is(err, io.EOF) || len(j.nesting) > 0 {
		rest = p.text(rest)
	}
	return j.done.String() + rest
}

type jsonRedactor struct {
	*patterns
	source  string
	decoder *json.Decoder
	done    strings.Builder
	copied  int    // how much of the source is done
	nesting []byte // of what is being read: '[' a list, '{' an object before a name, ':' one before a value
}

// next reads one token, and with the name of a secret its value.
func (j *jsonRedactor) next() error {
	begin := j.begin()
	token, err := j.decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		j.delimiter(token)
		return nil
	case string:
		if j.level() == '{' {
			return j.member(token)
		}
		if hidden := j.text(token); hidden != token {
			j.replace(begin, j.end(), quoted(hidden))
		}
	}
	j.ended()
	return nil
}

// begin is where the next token begins.
func (j *jsonRedactor) begin() int {
	return len(j.source) - len(strings.TrimLeft(j.source[j.end():], " \t\r\n,:"))
}

// end is where the last token ended.
func (j *jsonRedactor) end() int { return int(j.decoder.InputOffset()) }

func (j *jsonRedactor) level() byte {
	if len(j.nesting) == 0 {
		return 0
	}
	return j.nesting[len(j.nesting)-1]
}

func (j *jsonRedactor) delimiter(d json.Delim) {
	if d == '[' || d == '{' {
		j.nesting = append(j.nesting, byte(d))
		return
	}
	j.nesting = j.nesting[:len(j.nesting)-1]
	j.ended()
}

// ended says that a value has been read.
func (j *jsonRedactor) ended() {
	if j.level() == ':' {
		j.nesting[len(j.nesting)-1] = '{'
	}
}

// member begins a member; a secret one is read to its end. Of a value that is no JSON, or was cut off, nobody knows
// where it ends: nothing behind it is shown.
func (j *jsonRedactor) member(name string) error {
	j.nesting[len(j.nesting)-1] = ':'
	if !j.names.in(name) {
		return nil
	}
	begin, end := j.begin(), len(j.source)
	var value json.RawMessage
	err := j.decoder.Decode(&value)
	if err == nil {
		end = j.end()
	}
	if begin < end {
		j.replace(begin, end, quoted(redacted))
	}
	j.ended()
	return err
}

func (j *jsonRedactor) replace(begin, end int, with string) {
	j.done.WriteString(j.source[j.copied:begin])
	j.done.WriteString(with)
	j.copied = end
}

// quoted is the text as JSON, letter by letter where it can be.
func quoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // strings can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
