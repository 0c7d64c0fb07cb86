package har

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	brotli "github.com/molecule-man/go-brrr"
	"golang.org/x/net/html/charset"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/redact"
)

// body is what is written of one.
type body struct {
	mimeType, text, encoding, comment string
	size                              int64 // of the whole, unpacked
}

const notText = "no text, and so not searched for secrets and not written"

// bodyOf shows what was kept of a body of which so many bytes were sent.
func bodyOf(kept []byte, fields []gateway.Field, sent int64, r redact.Redactor) body {
	b := body{size: sent}
	var packed []string
	for _, f := range fields {
		switch {
		case strings.EqualFold(f.Name, "Content-Type"):
			b.mimeType = r.Header(f.Name, f.Value)
		case strings.EqualFold(f.Name, "Content-Encoding"):
			packed = append(packed, strings.Split(strings.ToLower(f.Value), ",")...)
		}
	}
	if len(packed) > 0 && sent != 0 {
		b.size = unknown
	}
	if len(kept) == 0 {
		return b
	}
	whole := sent == int64(len(kept))
	plain, err := unpack(kept, packed)
	switch {
	case err != nil:
		b.comment = fmt.Sprintf("it cannot be unpacked (%v), and so is not searched for secrets and not written", err)
		return b
	case whole:
		b.size = int64(len(plain))
	case sent > int64(len(kept)):
		b.comment = fmt.Sprintf("cut off: %d of %d bytes were kept", len(kept), sent)
	}
	b.show(plain, r)
	return b
}

// show writes text as text, and pictures, sound and fonts as base64.
func (b *body) show(plain []byte, r redact.Redactor) {
	media, parameters, _ := mime.ParseMediaType(b.mimeType)
	kind, _, _ := strings.Cut(media, "/")
	if label := parameters["charset"]; label != "" {
		plain = recode(plain, label)
	}
	switch {
	case kind == "multipart", readable(plain):
		b.text = r.Body(b.mimeType, string(plain))
	case slices.Contains([]string{"image", "audio", "video", "font"}, kind):
		b.text, b.encoding = base64.StdEncoding.EncodeToString(plain), "base64"
	default:
		b.comment = notText
	}
}

// readable tells whether it is UTF-8, perhaps cut off in the middle of a letter.
func readable(text []byte) bool {
	for range utf8.UTFMax - 1 {
		if last, size := utf8.DecodeLastRune(text); last != utf8.RuneError || size != 1 {
			break
		}
		text = text[:len(text)-1]
	}
	return utf8.Valid(text) && bytes.IndexByte(text, 0) < 0
}

// recode makes UTF-8 of what is in another character set; what it does not know stays.
func recode(text []byte, label string) []byte {
	encoding, name := charset.Lookup(label)
	if encoding == nil || name == "utf-8" {
		return text
	}
	if plain, err := encoding.NewDecoder().Bytes(text); err == nil {
		return plain
	}
	return text
}

// unpacked is how much is unpacked of a body at most, so that a small one cannot fill the memory.
const unpacked = 16 << 20

// unpack undoes the encodings, the last one first. Of what was cut off it returns what there is.
func unpack(data []byte, encodings []string) ([]byte, error) {
	for _, encoding := range slices.Backward(encodings) {
		from, err := reader(data, strings.TrimSpace(encoding))
		if err != nil {
			return nil, err
		}
		plain, err := io.ReadAll(io.LimitReader(from, unpacked))
		_ = from.Close()
		if len(plain) == 0 && err != nil {
			return nil, err
		}
		data = plain
	}
	return data, nil
}

var errUnknownEncoding = errors.New("unknown encoding")

func reader(data []byte, encoding string) (io.ReadCloser, error) {
	packed := bytes.NewReader(data)
	switch encoding {
	case "", "identity":
		return io.NopCloser(packed), nil
	case "gzip", "x-gzip":
		return gzip.NewReader(packed)
	case "deflate":
		return zlib.NewReader(packed)
	case "br":
		return io.NopCloser(brotli.NewReader(packed)), nil
	case "zstd":
		decoder, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unpacked))
		if err != nil {
			return nil, err
		}
		return decoder.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("%w %.40q", errUnknownEncoding, encoding)
}
