package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxHead is how large the head of a message may be, in bytes.
const maxHead = 256 << 10

// ErrMalformed says that somebody does not speak HTTP/1.1. Nothing of such a message is passed on.
var ErrMalformed = errors.New("malformed HTTP message")

// head is the start line and the fields of a message, as they came: order, case and spacing are kept, because
// what is passed on must be what was sent.
type head struct {
	first  string // without CRLF
	fields []field
}

// field is a line of the head. Its name is as it was sent.
type field struct {
	Field
	line string
}

// readHead reads up to the empty line. io.EOF means that nothing more came.
func readHead(r *bufio.Reader) (head, error) {
	var h head
	first, err := readLine(r, maxHead)
	if err != nil {
		return h, err
	}
	h.first = first
	for left := maxHead - len(first); ; {
		line, err := readLine(r, left)
		if err != nil {
			return h, unexpected(err)
		}
		if line == "" {
			return h, nil
		}
		left -= len(line)
		f, err := parseField(line)
		if err != nil {
			return h, err
		}
		h.fields = append(h.fields, f)
	}
}

// readLine reads a line that ends with CRLF and returns it without.
func readLine(r *bufio.Reader, limit int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > limit {
			return "", fmt.Errorf("%w: its head is larger than %d bytes", ErrMalformed, maxHead)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			if len(line) > 0 {
				err = unexpected(err)
			}
			return "", err
		}
		break
	}
	text, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok || bytes.ContainsAny(text, "\r\n\x00") {
		return "", fmt.Errorf("%w: the line %.80q does not end with CRLF alone", ErrMalformed, line)
	}
	return string(text), nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func parseField(line string) (field, error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || name == "" || strings.ContainsFunc(name, notToken) {
		return field{}, fmt.Errorf("%w: %.80q is no header field", ErrMalformed, line)
	}
	return field{Field{Name: name, Value: strings.Trim(value, " \t")}, line}, nil
}

// notToken tells which characters a method or a field's name cannot have: RFC 9110, section 5.6.2.
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// get returns the values of all fields with the name.
func (h head) get(name string) []string {
	var values []string
	for _, f := range h.fields {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// list is all fields for the record, without the gateway's own credentials.
func (h head) list() []Field {
	all := make([]Field, 0, len(h.fields))
	for _, f := range h.fields {
		if !strings.EqualFold(f.Name, "Proxy-Authorization") {
			all = append(all, f.Field)
		}
	}
	return all
}

// has tells whether a field with a list of tokens contains one, in any case.
func (h head) has(name, token string) bool {
	for _, value := range h.get(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// hopByHop are the fields that are for the next hop alone, besides those that Connection names: RFC 9110, section
// 7.6.1. Transfer-Encoding and Trailer stay, because the body is passed on in the frames in which it came.
var hopByHop = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE"}

// forward writes the head for the next hop: another first line, and the fields without those of this hop. An
// upgrade keeps its Connection field, which the next hop needs.
func (h head) forward(first string) []byte {
	upgrade := h.has("Connection", "upgrade")
	var named []string
	for _, value := range h.get("Connection") {
		for part := range strings.SplitSeq(value, ",") {
			named = append(named, strings.TrimSpace(part))
		}
	}
	var b bytes.Buffer
	b.WriteString(first + "\r\n")
	for _, f := range h.fields {
		matches := func(name string) bool { return strings.EqualFold(name, f.Name) }
		keep := upgrade && (matches("Connection") || matches("Upgrade")) ||
			matches("Content-Length") || matches("Transfer-Encoding") // whoever names them as this hop's own lies
		if !keep && (slices.ContainsFunc(hopByHop, matches) || slices.ContainsFunc(named, matches)) {
			continue
		}
		b.WriteString(f.line + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// answer is the head of a final response for the session, which is told if the connection ends with it.
func (h head) answer(ends bool) []byte {
	written := h.forward(h.first)
	if ends {
		written = append(bytes.TrimSuffix(written, []byte("\r\n")), "Connection: close\r\n\r\n"...)
	}
	return written
}

// isOld tells whether it is the head of an HTTP/1.0 message.
func (h head) isOld() bool {
	return strings.HasPrefix(h.first, "HTTP/1.0 ") || strings.HasSuffix(h.first, " HTTP/1.0")
}

// requestLine splits the first line of a request.
func (h head) requestLine() (method, target string, err error) {
	parts := strings.Split(h.first, " ")
	if len(parts) != 3 || parts[0] == "" || strings.ContainsFunc(parts[0], notToken) || parts[1] == "" ||
		parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0" {
		return "", "", fmt.Errorf("%w: %.80q is no request line", ErrMalformed, h.first)
	}
	return parts[0], parts[1], nil
}

// status reads the code of a response's first line.
func (h head) status() (int, error) {
	proto, rest, _ := strings.Cut(h.first, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if err != nil || len(code) != 3 || status < 100 || proto != "HTTP/1.1" && proto != "HTTP/1.0" {
		return 0, fmt.Errorf("%w: %.80q is no status line", ErrMalformed, h.first)
	}
	return status, nil
}
