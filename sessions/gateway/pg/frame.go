package pg

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	headSize = 5
	// window is how much of a message is looked at, and how much each buffer of a connection has.
	window = 32 << 10
	// maxStartup is what the server itself takes as a first message.
	maxStartup = 10_000
)

// frame is the beginning of a message.
type frame struct {
	kind byte
	size int // of all of it, head included
}

// next waits for a message's head, and leaves it in the buffer.
func next(r *bufio.Reader, limit int) (frame, error) {
	head, err := r.Peek(headSize)
	if err != nil {
		if errors.Is(err, io.EOF) && len(head) > 0 {
			err = fmt.Errorf("%w: it ends within the head of a message", io.ErrUnexpectedEOF)
		}
		return frame{}, err
	}
	size := uint64(binary.BigEndian.Uint32(head[1:]))
	if size < 4 || size > uint64(limit) {
		return frame{}, fmt.Errorf("%w: message %s says that it has %d bytes; want 4 to %d", ErrMalformed, letter(head[0]), size, limit)
	}
	return frame{kind: head[0], size: int(size) + 1}, nil
}

func letter(kind byte) string {
	if kind < 0x21 || kind > 0x7e {
		return fmt.Sprintf("%#02x", kind)
	}
	return fmt.Sprintf("%q", kind)
}

// body is as much of the message's content as fits the window, and whether that is all of it. It is good until the message is copied.
func (f frame) body(r *bufio.Reader) (content []byte, whole bool, err error) {
	n := min(f.size, window)
	all, err := r.Peek(n)
	if err != nil {
		return nil, false, cut(err)
	}
	return all[headSize:], n == f.size, nil
}

// cut is the error of a connection that ends within a message.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it ends within a message", io.ErrUnexpectedEOF)
	}
	return err
}

// pass copies the message as it is.
func (f frame) pass(w *bufio.Writer, r *bufio.Reader) error {
	for left := f.size; left > 0; {
		if r.Buffered() == 0 {
			if _, err := r.Peek(1); err != nil {
				return readError{cut(err)}
			}
		}
		piece, _ := r.Peek(min(left, r.Buffered()))
		if _, err := w.Write(piece); err != nil {
			return err
		}
		_, _ = r.Discard(len(piece))
		left -= len(piece)
	}
	return nil
}

// drop takes the message away.
func (f frame) drop(r *bufio.Reader) error {
	if _, err := r.Discard(f.size); err != nil {
		return readError{cut(err)}
	}
	return nil
}

// readError is an error of the side that is read from, where both are at hand.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

// text is the string that begins the content, and whether its end was there.
func text(content []byte) (first []byte, rest []byte, ok bool) {
	return bytes.Cut(content, []byte{0})
}

// message makes a message of strings and bytes.
func message(kind byte, parts ...any) []byte {
	m := []byte{kind, 0, 0, 0, 0}
	for _, part := range parts {
		switch p := part.(type) {
		case string:
			m = append(append(m, p...), 0)
		case byte:
			m = append(m, p)
		case uint16:
			m = binary.BigEndian.AppendUint16(m, p)
		case uint32:
			m = binary.BigEndian.AppendUint32(m, p)
		}
	}
	binary.BigEndian.PutUint32(m[1:], uint32(len(m)-1))
	return m
}
