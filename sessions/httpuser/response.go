package httpuser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// Response is an answer whose body was read.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// URL is where the answer came from, after redirects.
	URL string
	// Took is the time until the body was read, redirects included.
	Took time.Duration
}

// StatusError is an answer whose status says that it failed.
type StatusError struct {
	Method string
	URL    string
	Status int
	// Body is the beginning of the answer's body.
	Body string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: status %d %s: %s", e.Method, e.URL, e.Status, http.StatusText(e.Status), e.Body)
}

// ContentError is an answer whose body is not what was expected.
type ContentError struct {
	URL string
	// Body is its beginning.
	Body string
	Err  error
}

func (e *ContentError) Error() string {
	return fmt.Sprintf("%s: the answer is not the JSON that was expected: %v: %s", e.URL, e.Err, e.Body)
}

func (e *ContentError) Unwrap() error { return e.Err }

// Excerpt is the beginning of the body, in one line.
func (r *Response) Excerpt() string {
	const limit = 200
	text := strings.Join(strings.Fields(string(r.Body[:min(len(r.Body), 4*limit)])), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// JSON decodes the body.
func (r *Response) JSON(out any) error {
	if err := json.Unmarshal(r.Body, out); err != nil {
		return &ContentError{URL: r.URL, Body: r.Excerpt(), Err: err}
	}
	return nil
}

// Find returns what matches the CSS selector in the HTML of the body.
func (r *Response) Find(selector string) (*goquery.Selection, error) {
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("%s: the answer is not HTML: %w", r.URL, err)
	}
	return document.Find(selector), nil
}

// Text is the text of the first element that matches, trimmed; it is an error if none does.
func (r *Response) Text(selector string) (string, error) {
	found, err := r.Find(selector)
	if err != nil {
		return "", err
	}
	if found.Length() == 0 {
		return "", fmt.Errorf("%s (status %d): no element matches %q: %s", r.URL, r.Status, selector, r.Excerpt())
	}
	return strings.TrimSpace(found.First().Text()), nil
}
