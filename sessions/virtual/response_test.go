package virtual_test

import (
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestCompression(t *testing.T) {
	plain := strings.Repeat("many words ", 1000)
	pack := map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		"zstd":    func(w io.Writer) io.WriteCloser { z, _ := zstd.NewWriter(w); return z },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	}
	url := app(t, func(w http.ResponseWriter, r *http.Request) {
		encoding := r.URL.Path[1:]
		if !strings.Contains(r.Header.Get("Accept-Encoding"), encoding) {
			fmt.Fprint(w, plain)
			return
		}
		w.Header().Set("Content-Encoding", encoding)
		packed := pack[encoding](w)
		_, _ = io.WriteString(packed, plain)
		packed.Close()
	})
	transports(t, func(t *testing.T, o virtual.Options) {
		without, _ := open(t, url, o)
		o.Compression = true
		with, seen := open(t, url, o)
		o.MaxBody = 1000
		bounded, _ := open(t, url, o)
		for encoding := range pack {
			if r, err := with.Get(t.Context(), "/"+encoding); err != nil || r.Text() != plain || seen.last().Received > 1000 {
				t.Errorf("%s: %v, %d bytes received", encoding, err, seen.last().Received)
			}
			if r, err := without.Get(t.Context(), "/"+encoding); err != nil || r.Text() != plain {
				t.Errorf("%s unasked: %v", encoding, err)
			}
			if _, err := bounded.Get(t.Context(), "/"+encoding); virtual.ClassOf(err) != virtual.TooLarge {
				t.Errorf("%s of 11,000 bytes: %v", encoding, err)
			}
		}
	})
}

func TestHeadAndEmptyAnswers(t *testing.T) {
	url := app(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-A", "1")
		w.Header().Add("X-A", "2")
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/304":
			w.WriteHeader(http.StatusNotModified)
		case "/hints":
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "hello")
		default:
			fmt.Fprint(w, "hello")
		}
	})
	transports(t, func(t *testing.T, o virtual.Options) {
		u, _ := open(t, url, o)
		for range 2 {
			for path, want := range map[string]string{"/": "hello", "/204": "", "/304": "", "/hints": "hello"} {
				r, err := u.Get(t.Context(), path)
				if err != nil || r.Text() != want || !slices.Equal(r.HeaderValues("x-a"), []string{"1", "2"}) {
					t.Errorf("%s: %v, %v", path, r, err)
				}
			}
			if r, err := u.Do(t.Context(), virtual.Request{Method: "HEAD", Path: "/"}); err != nil || len(r.Body) > 0 || r.Header("Content-Length") != "5" {
				t.Errorf("HEAD: %v, %v", r, err)
			}
		}
	})
}
