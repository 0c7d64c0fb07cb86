package data

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// maxRow is how many bytes a row may have. A quote that is never closed would otherwise take the rest of the file into
// memory.
const maxRow = 1 << 20

// input reads a text file: it takes a byte order mark away, and refuses what is not UTF-8, with its place. Lines and
// columns count from 1, columns in bytes, the mark not among them.
type input struct {
	file string
	from *bufio.Reader
	end  io.Closer

	carry   []byte // the beginning of a character whose rest has not been read
	err     error  // what Read returns once all before it has been returned
	offset  int64  // bytes returned
	breaks  []int64
	line    int   // lines before the place that was asked for last
	begin   int64 // offset of that line
	rowFrom int64 // offset at which the reader of rows finished the last one
}

func openInput(path string) (*input, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in, err := newInput(path, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	in.end = file
	return in, nil
}

func newInput(name string, r io.Reader) (*input, error) {
	in := &input{file: name, from: bufio.NewReaderSize(r, 64<<10), end: io.NopCloser(nil)}
	mark, err := in.from.Peek(4)
	if err != nil && len(mark) == 0 && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(mark, []byte{0xEF, 0xBB, 0xBF}):
		_, err = in.from.Discard(3)
		return in, err
	case bytes.HasPrefix(mark, []byte{0xFF, 0xFE}), bytes.HasPrefix(mark, []byte{0xFE, 0xFF}), bytes.HasPrefix(mark, []byte{0, 0, 0xFE, 0xFF}):
		return nil, in.problem(1, 1, "the file is in UTF-16 or UTF-32", "save it as UTF-8; `iconv -f UTF-16 -t UTF-8` converts it")
	}
	return in, nil
}

// Read returns valid UTF-8 only. p has room for a character.
func (in *input) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	if in.offset-in.rowFrom > maxRow+64<<10 {
		line, column := in.place(in.rowFrom)
		in.err = in.problem(line, column, fmt.Sprintf("a row that begins here or in the line after it has more than %d bytes", maxRow), "is a quote not closed?")
		return 0, in.err
	}
	n := copy(p, in.carry)
	read, err := in.from.Read(p[n:])
	data := p[:n+read]
	in.carry = in.carry[:0]
	if err == nil {
		whole := wholeCharacters(data)
		in.carry = append(in.carry, data[whole:]...)
		data = data[:whole]
	}
	good := len(data)
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		good = validPrefix(data)
	}
	in.note(data[:good])
	switch {
	case good < len(data):
		line, column := in.place(in.offset)
		in.err = in.badByte(line, column, data[good])
	case err != nil:
		in.err = err
	}
	if good == 0 {
		return 0, in.err // nil where a character was read in part
	}
	return good, nil
}

// note keeps the places of line breaks until they are asked for.
func (in *input) note(data []byte) {
	for from := 0; ; {
		i := bytes.IndexByte(data[from:], '\n')
		if i < 0 {
			break
		}
		from += i + 1
		in.breaks = append(in.breaks, in.offset+int64(from))
	}
	in.offset += int64(len(data))
}

// place is the line and the column of an offset. Offsets are asked for in rising order.
func (in *input) place(offset int64) (line, column int) {
	passed := 0
	for passed < len(in.breaks) && in.breaks[passed] <= offset {
		in.begin = in.breaks[passed]
		passed++
	}
	in.line += passed
	in.breaks = append(in.breaks[:0], in.breaks[passed:]...)
	return in.line + 1, int(max(0, offset-in.begin)) + 1
}

// rowDone says that a row was read, up to the offset.
func (in *input) rowDone(offset int64) {
	in.place(offset)
	in.rowFrom = offset
}

func (in *input) Close() error { return in.end.Close() }

func (in *input) problem(line, column int, text, hint string) error {
	return &PlaceError{File: in.file, Line: line, Column: column, Problem: text, Hint: hint}
}

func (in *input) badByte(line, column int, b byte) error {
	if b == 0 {
		return in.problem(line, column, "a zero byte, which no text has", "is the file in UTF-16, or no text at all? save it as UTF-8")
	}
	return in.problem(line, column, fmt.Sprintf("the byte 0x%02X is not UTF-8", b),
		"the file seems to be in another encoding; `iconv -f WINDOWS-1252 -t UTF-8` converts what Windows often writes")
}

// wholeCharacters is how many bytes of data there are before a character that is cut off at the end.
func wholeCharacters(data []byte) int {
	for back := 1; back <= min(len(data), utf8.UTFMax-1); back++ {
		if start := len(data) - back; utf8.RuneStart(data[start]) {
			if !utf8.FullRune(data[start:]) {
				return start
			}
			break
		}
	}
	return len(data)
}

// validPrefix is how many bytes of data there are before one that is not UTF-8, or is zero.
func validPrefix(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == 0 || r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(data)
}
