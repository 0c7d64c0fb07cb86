package har

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/redact"
)

// unknown is a size that nobody told.
const unknown = -1

// entryOf is the exchange without secrets.
func entryOf(e *gateway.Exchange, r redact.Redactor) *Entry {
	entry := &Entry{
		Started: Time{e.Out.At.UTC()}, Request: requestOf(e, r), Response: responseOf(e, r),
		Origin: Origin{Number: e.Number, Error: r.Text(e.Err), Seq: &Seq{
			Out: e.Out.Seq, Held: e.Held.Seq, Released: e.Released.Seq, Sent: e.Sent.Seq, In: e.In.Seq, Done: e.Done.Seq,
		}},
	}
	entry.Time, entry.Timings = timingsOf(e)
	if e.Done.IsZero() {
		entry.Comment = "it went on when this was written"
	}
	return entry
}

func requestOf(e *gateway.Exchange, r redact.Redactor) Request {
	request := Request{
		Method: e.Method, URL: r.URL(e.URL), HTTPVersion: e.Protocol,
		Cookies: []Cookie{}, Headers: pairs(e.RequestHeader, r), HeadersSize: unknown, BodySize: requestSize(e),
	}
	if strings.HasPrefix(request.URL, "//") {
		request.URL = "tcp:" + request.URL // a tunnel has no scheme that anybody could see
	}
	request.QueryString = query(request.URL)
	for _, line := range values(request.Headers, "Cookie") {
		request.Cookies = append(request.Cookies, cookies(line)...)
	}
	if len(e.RequestBody) > 0 {
		b := bodyOf(e.RequestBody, e.RequestHeader, request.BodySize, r)
		if b.encoding != "" { // there is none for requests
			b.text, b.comment = "", notText
		}
		request.PostData = &PostData{MimeType: b.mimeType, Text: b.text, Comment: b.comment}
	}
	return request
}

func responseOf(e *gateway.Exchange, r redact.Redactor) Response {
	response := Response{
		Status: e.Status, StatusText: http.StatusText(e.Status), HTTPVersion: e.Protocol,
		Cookies: []Cookie{}, Headers: pairs(e.ResponseHeader, r), HeadersSize: unknown, BodySize: responseSize(e),
	}
	if e.Status == 0 {
		response.HTTPVersion = ""
	}
	for _, address := range values(response.Headers, "Location") {
		response.RedirectURL = address
	}
	for _, line := range values(response.Headers, "Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil {
			response.Cookies = append(response.Cookies, cookieOf(c))
		}
	}
	b := bodyOf(e.ResponseBody, e.ResponseHeader, response.BodySize, r)
	response.Content = Content{Size: b.size, MimeType: b.mimeType, Text: b.text, Encoding: b.encoding, Comment: b.comment}
	return response
}

func pairs(fields []gateway.Field, r redact.Redactor) []Pair {
	all := make([]Pair, len(fields))
	for i, f := range fields {
		all[i] = Pair{f.Name, r.Header(f.Name, f.Value)}
	}
	return all
}

func values(headers []Pair, name string) []string {
	var found []string
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			found = append(found, h.Value)
		}
	}
	return found
}

// query are the parameters of an address, in their order, unescaped where they can be.
func query(address string) []Pair {
	all := []Pair{}
	address, _, _ = strings.Cut(address, "#")
	_, raw, _ := strings.Cut(address, "?")
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if part != "" {
			all = append(all, Pair{unescape(name), unescape(value)})
		}
	}
	return all
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func cookies(line string) []Cookie {
	var all []Cookie
	for part := range strings.SplitSeq(line, ";") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found {
			name, value = "", name
		}
		all = append(all, Cookie{Name: name, Value: value})
	}
	return all
}

func cookieOf(c *http.Cookie) Cookie {
	cookie := Cookie{Name: c.Name, Value: c.Value, Path: c.Path, Domain: c.Domain, HTTPOnly: c.HttpOnly, Secure: c.Secure}
	if !c.Expires.IsZero() {
		cookie.Expires = c.Expires.UTC().Format(time.RFC3339)
	}
	return cookie
}

// http2 is the protocol whose bodies gateways count.
const http2 = "HTTP/2.0"

func requestSize(e *gateway.Exchange) int64 {
	if e.Protocol == http2 {
		return e.RequestBytes
	}
	if e.Sent.IsZero() {
		return unknown
	}
	return told(e.RequestHeader, 0)
}

func responseSize(e *gateway.Exchange) int64 {
	switch {
	case e.Protocol == http2:
		return e.ResponseBytes
	case e.Done.IsZero(), e.Err != "":
		return unknown
	case e.Method == http.MethodHead, e.Status < http.StatusOK, e.Status == http.StatusNoContent, e.Status == http.StatusNotModified:
		return 0
	}
	return told(e.ResponseHeader, unknown)
}

// told is the length that a message over HTTP/1.1 tells, and otherwise what it means to tell none.
func told(fields []gateway.Field, none int64) int64 {
	for _, f := range fields {
		switch {
		case strings.EqualFold(f.Name, "Transfer-Encoding"):
			return unknown
		case strings.EqualFold(f.Name, "Content-Length"):
			if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil && n >= 0 {
				return n
			}
			return unknown
		}
	}
	return none
}
