package virtual

import (
	"net/http"
	"strconv"
)

// encodings are what Compression asks for.
const encodings = "gzip, br, zstd, deflate"

// appendHead appends the request line and the header.
func (u *User) appendHead(dst []byte, c *call) []byte {
	dst = append(dst, c.method...)
	dst = append(dst, ' ')
	dst = append(dst, c.uri...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	dst = appendHeader(dst, "Host", c.authority)
	u.each(c, func(name, value string) { dst = appendHeader(dst, name, value) })
	if u.target.options.Compression {
		dst = appendHeader(dst, "Accept-Encoding", encodings)
	}
	if len(c.cookies) > 0 {
		dst = append(dst, "Cookie: "...)
		dst = append(dst, c.cookies...)
		dst = append(dst, "\r\n"...)
	}
	if len(c.body) > 0 || c.method == http.MethodPost || c.method == http.MethodPut || c.method == http.MethodPatch {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(c.body)), 10)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

func appendHeader(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
