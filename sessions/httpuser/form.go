package httpuser

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Form is a form of a page, with what its fields hold. It is sent URL-encoded, whatever its enctype says;
// forms with files are for Client.Do.
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
	name := field.AttrOr("name", "")
	if name == "" || field.Is("[disabled], fieldset[disabled] *") {
		return
	}
	switch goquery.NodeName(field) {
	case "textarea":
		f.Values.Add(name, field.Text())
	case "select":
		chosen(field).Not("[disabled], optgroup[disabled] *").Each(func(_ int, option *goquery.Selection) {
			f.Values.Add(name, option.AttrOr("value", strings.Join(strings.Fields(option.Text()), " ")))
		})
	default:
		f.addInput(name, field)
	}
}

// chosen are the options of a list that are selected as long as nobody has touched it.
func chosen(list *goquery.Selection) *goquery.Selection {
	selected := list.Find("option[selected]")
	if list.Is("[multiple]") {
		return selected
	}
	if selected.Length() > 0 {
		return selected.Last() // a list of one choice takes the last
	}
	return list.Find("option").Not("[disabled], optgroup[disabled] *").First()
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
