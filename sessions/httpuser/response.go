package httpuser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
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
		return fmt.Errorf("%s: the answer is not the JSON that was expected: %w: %s", r.URL, err, r.Excerpt())
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

// Form is a form of a page, with what its fields hold.
type Form struct {
	Method string
	// Action is the absolute address that it is sent to.
	Action string
	Values url.Values
}

// Form reads the first form that matches, hidden fields included. The value of a submit button is added only
// by whoever presses it.
func (r *Response) Form(selector string) (*Form, error) {
	found, err := r.Find(selector)
	if err != nil {
		return nil, err
	}
	if found = found.FilterFunction(func(_ int, s *goquery.Selection) bool { return goquery.NodeName(s) == "form" }); found.Length() == 0 {
		return nil, fmt.Errorf("%s (status %d): no form matches %q: %s", r.URL, r.Status, selector, r.Excerpt())
	}
	found = found.First()
	base, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	action, err := base.Parse(found.AttrOr("action", ""))
	if err != nil {
		return nil, fmt.Errorf("%s: form %q: action: %w", r.URL, selector, err)
	}
	form := &Form{Method: strings.ToUpper(found.AttrOr("method", http.MethodGet)), Action: action.String(), Values: url.Values{}}
	found.Find("input, textarea, select").Each(func(_ int, field *goquery.Selection) { form.add(field) })
	return form, nil
}

// add takes a field's value as a browser would send it.
func (f *Form) add(field *goquery.Selection) {
	name, ok := field.Attr("name")
	if _, disabled := field.Attr("disabled"); !ok || name == "" || disabled {
		return
	}
	switch goquery.NodeName(field) {
	case "textarea":
		f.Values.Add(name, field.Text())
	case "select":
		chosen := field.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = field.Find("option").First()
		}
		chosen.Each(func(_ int, option *goquery.Selection) {
			f.Values.Add(name, option.AttrOr("value", strings.TrimSpace(option.Text())))
		})
	default:
		f.addInput(name, field)
	}
}

func (f *Form) addInput(name string, field *goquery.Selection) {
	switch strings.ToLower(field.AttrOr("type", "text")) {
	case "submit", "button", "image", "reset", "file":
	case "checkbox", "radio":
		if _, checked := field.Attr("checked"); checked {
			f.Values.Add(name, field.AttrOr("value", "on"))
		}
	default:
		f.Values.Add(name, field.AttrOr("value", ""))
	}
}

// Submit sends a form as a browser would.
func (c *Client) Submit(ctx context.Context, form *Form) (*Response, error) {
	if form.Method == http.MethodPost {
		return c.PostForm(ctx, form.Action, form.Values)
	}
	action, err := url.Parse(form.Action)
	if err != nil {
		return nil, err
	}
	action.RawQuery = form.Values.Encode()
	return c.Get(ctx, action.String())
}
