package virtual

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// Response is an answer. It and its Body belong to the user and are valid until the user's next request: what is
// needed longer is copied. Strings that its methods return are copies already.
type Response struct {
	// Status is the status of the last answer, after redirects.
	Status int
	// Body is what was sent, unpacked if the target's Compression is on.
	Body []byte
	// Took is the time from the actual start until the body was read, redirects included.
	Took time.Duration
	// Redirects is how many were followed.
	Redirects int

	user   *User
	method string
	place  place
	answer *fasthttp.Response
}

// Header is the first value of a header, whatever its case; empty if there is none.
func (r *Response) Header(name string) string { return string(r.answer.Header.Peek(name)) }

// URL is where the answer came from.
func (r *Response) URL() string { return r.place.String() }

// Text is a copy of the body.
func (r *Response) Text() string { return string(r.Body) }

// JSON decodes the body.
func (r *Response) JSON(out any) error {
	if err := json.Unmarshal(r.Body, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not the JSON that was expected: %w: %s",
			r.method, r.user.target.options.Redactor.URL(r.URL()), err, r.Excerpt())
	}
	return nil
}

// Excerpt is the beginning of the body, in one line, without secrets.
func (r *Response) Excerpt() string {
	return short(string(r.Body[:min(len(r.Body), 1000)]), r.user.target.options.Redactor)
}

// StatusCode is Status, for checks.
func (r *Response) StatusCode() int { return r.Status }

// HeaderValues are all values of a header.
func (r *Response) HeaderValues(name string) []string {
	values := r.answer.Header.PeekAll(name)
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	return texts
}

// Content is Body, for checks.
func (r *Response) Content() []byte { return r.Body }

// Duration is Took, for checks.
func (r *Response) Duration() time.Duration { return r.Took }

// Save keeps a variable of the user.
func (r *Response) Save(name string, value any) { r.user.SetVar(name, value) }

// expectStatus is the check of requests that have none.
func (r *Response) expectStatus() *Error {
	if r.Status/100 == 2 || r.Status == http.StatusNotModified {
		return nil
	}
	return fail(Unexpected, strings.TrimSpace(fmt.Sprintf("status %d %s", r.Status, http.StatusText(r.Status)))+", want 2xx or 304", nil)
}
