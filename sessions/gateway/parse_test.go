package gateway

import (
	"bufio"
	"bytes"
	"slices"
	"testing"
)

// FuzzHead reads anything as a head: what is understood is passed on so that the next hop understands the same.
func FuzzHead(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nConnection: a, b\r\na: 1\r\nB: 2\r\nc:3\r\n\r\n",
		"POST /x HTTP/1.1\r\nConnection: content-length\r\nContent-Length: 3\r\n\r\n", "POST /x HTTP/1.1\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n", "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET / HTTP/1.1\r\n folded\r\n\r\n", "\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := readHead(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		written := h.forward(h.first)
		if bytes.ContainsAny(bytes.ReplaceAll(written, []byte("\r\n"), nil), "\r\n") {
			t.Fatalf("a line break was passed on: %q", written)
		}
		again, err := readHead(bufio.NewReader(bytes.NewReader(written)))
		if err != nil || again.first != h.first {
			t.Fatalf("%q became %q: %v", data, written, err)
		}
		of, ok, ofErr := again.framing()
		was, wasOK, wasErr := h.framing()
		if (ofErr == nil) != (wasErr == nil) || of != was || ok != wasOK {
			t.Fatalf("the framing %+v of %q became %+v", was, data, of)
		}
		for _, kept := range again.fields {
			if !slices.Contains(h.fields, kept) {
				t.Fatalf("%q was not in %q", kept.line, data)
			}
		}
	})
}

// FuzzChunks passes chunked bodies on: the same bytes, or an error, and the content without the frames.
func FuzzChunks(f *testing.F) {
	for _, seed := range []string{
		"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "3;x=y\r\nabc\r\n00\r\nA: b\r\n\r\n", "ffffffffffffffff\r\n", "3\r\nabcd\r\n", "-1\r\n", " 3 \r\nabc\r\n0\r\n\r\nnext",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var passed, content bytes.Buffer
		err := framing{kind: chunked}.copy(&passed, &content, bufio.NewReader(bytes.NewReader(data)))
		if !bytes.HasPrefix(data, passed.Bytes()) {
			t.Fatalf("%q became %q", data, passed.Bytes())
		}
		if err == nil && !bytes.HasSuffix(passed.Bytes(), []byte("\r\n\r\n")) {
			t.Fatalf("%q ended as %q", data, passed.Bytes())
		}
		if content.Len() > passed.Len() {
			t.Fatalf("%q has the content %q", data, content.Bytes())
		}
	})
}
