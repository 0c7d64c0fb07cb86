package gateway

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// framing says where a body ends.
type framing struct {
	kind   framingKind
	length int64 // of withLength
}

type framingKind uint8

const (
	withoutBody framingKind = iota
	withLength
	chunked
	untilClose
)

// requestFraming follows RFC 9112, section 6. What could be read in two ways is refused.
func (h head) requestFraming() (framing, error) {
	f, given, err := h.framing()
	if err != nil || given {
		return f, err
	}
	return framing{kind: withoutBody}, nil
}

// responseFraming is that of the final response to a request with the method.
func (h head) responseFraming(method string, status int) (framing, error) {
	if method == "HEAD" || status < 200 || status == 204 || status == 304 {
		return framing{kind: withoutBody}, nil
	}
	f, given, err := h.framing()
	if err != nil || given {
		return f, err
	}
	return framing{kind: untilClose}, nil
}

// framing is what the fields say, if they say anything.
func (h head) framing() (f framing, given bool, err error) {
	codings, lengths := h.get("Transfer-Encoding"), h.get("Content-Length")
	switch {
	case len(codings) > 0 && len(lengths) > 0:
		return f, false, fmt.Errorf("%w: both Transfer-Encoding and Content-Length", ErrMalformed)
	case len(codings) > 0 && h.isOld():
		return f, false, fmt.Errorf("%w: Transfer-Encoding in HTTP/1.0, which has none", ErrMalformed)
	case len(codings) > 0:
		if len(codings) != 1 || !strings.EqualFold(codings[0], "chunked") {
			return f, false, fmt.Errorf("%w: Transfer-Encoding %q, want chunked alone", ErrMalformed, codings)
		}
		return framing{kind: chunked}, true, nil
	case len(lengths) == 0:
		return f, false, nil
	}
	for _, length := range lengths {
		if length != lengths[0] {
			return f, false, fmt.Errorf("%w: Content-Length %q", ErrMalformed, lengths)
		}
	}
	n, err := strconv.ParseUint(lengths[0], 10, 63)
	if err != nil {
		return f, false, fmt.Errorf("%w: Content-Length %q", ErrMalformed, lengths[0])
	}
	return framing{kind: withLength, length: int64(n)}, true, nil
}

// copy passes a body on in the frames in which it came, as it comes, in constant memory. The content alone, without its
// frames, goes to another writer too.
func (f framing) copy(to, content io.Writer, from *bufio.Reader) error {
	both := to
	if content != io.Discard {
		both = io.MultiWriter(to, content)
	}
	switch f.kind {
	case withLength:
		_, err := io.CopyN(both, from, f.length)
		return unexpected(err)
	case chunked:
		return copyChunks(to, both, from)
	case untilClose:
		_, err := io.Copy(both, from)
		return err
	}
	return nil
}

// copyChunks passes chunks and trailers on, byte by byte as they came; what is in the chunks goes to both.
func copyChunks(to, both io.Writer, from *bufio.Reader) error {
	for {
		line, err := readLine(from, maxHead)
		if err != nil {
			return unexpected(err)
		}
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 62)
		if err != nil {
			return fmt.Errorf("%w: %.40q is no size of a chunk", ErrMalformed, line)
		}
		if _, err := io.WriteString(to, line+"\r\n"); err != nil {
			return err
		}
		if size == 0 {
			return copyTrailers(to, from)
		}
		if _, err := io.CopyN(both, from, int64(size)); err != nil {
			return unexpected(err)
		}
		if err := copyLineEnd(to, from); err != nil {
			return err
		}
	}
}

func copyLineEnd(to io.Writer, from *bufio.Reader) error {
	line, err := readLine(from, 2)
	if err != nil {
		return unexpected(err)
	}
	if line != "" {
		return errors.Join(ErrMalformed, errors.New("a chunk is longer than its size"))
	}
	_, err = io.WriteString(to, "\r\n")
	return err
}

func copyTrailers(to io.Writer, from *bufio.Reader) error {
	for {
		line, err := readLine(from, maxHead)
		if err != nil {
			return unexpected(err)
		}
		if _, err := io.WriteString(to, line+"\r\n"); err != nil {
			return err
		}
		if line == "" {
			return nil
		}
	}
}
