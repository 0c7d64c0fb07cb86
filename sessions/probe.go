package sessions

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

//go:embed probe.js
var probeScript string

//go:embed choose.js
var chooseScript string

// element is what probe.js sees of the page and of the first element that matches.
type element struct {
	URL, Title, Ready     string
	Content               string // the media type of the page
	Invalid               string // why the selector is none
	Count                 int
	Name, Tag, Type, Text string
	Visible, Enabled      bool
	Editable              bool
	Covered               string // what lies on top of it
	problem               string // why nothing could be seen: the page was just changing
}

// want tells what is missing until an action can start; empty when nothing is.
type want func(element) string

func exists(e element) string {
	if e.Count == 0 {
		return "no element matches"
	}
	return ""
}

// readable waits for the whole page: an element of one that is still being parsed can lack its end.
func readable(e element) string {
	if e.Ready == "loading" {
		return "the page is still being parsed"
	}
	return exists(e)
}

func clickable(e element) string {
	if missing := usable(e); missing != "" {
		return missing
	}
	if e.Covered != "" {
		return e.Name + " is covered by " + e.Covered
	}
	return ""
}

func fillable(e element) string {
	if missing := usable(e); missing != "" {
		return missing
	}
	if !e.Editable {
		return e.Name + " cannot be edited"
	}
	return ""
}

// usable is what clicking and filling have in common.
func usable(e element) string {
	switch missing := exists(e); {
	case missing != "":
		return missing
	case !e.Visible:
		return e.Name + " is not visible"
	case !e.Enabled:
		return e.Name + " is disabled"
	}
	return ""
}

// state describes the page for an error.
func (e element) state(missing string) string {
	if e.problem != "" {
		return e.problem
	}
	more := ""
	if e.Count > 1 {
		more = fmt.Sprintf(" (%d match, the first counts)", e.Count)
	}
	return fmt.Sprintf("%s%s at %s %q (%s)", missing, more, e.URL, e.Title, e.Ready)
}

// hint says what to look at.
func (e element) hint() string {
	switch {
	case e.problem != "" || e.Ready == "loading":
		return "the page was still loading: is the server slow, or does a script keep it busy?"
	case e.Count == 0 && strings.HasPrefix(e.Content, "text/plain"):
		return "the server calls the page text/plain, so the browser shows its source: is a Content-Type of text/html missing?"
	case e.Count == 0:
		return "is this the page that you expect, and the selector right? The evidence has its source"
	case e.Covered != "":
		return "close or wait for what covers it; the screenshot shows it"
	case !e.Visible:
		return "what makes it appear? The screenshot shows what a person sees"
	case !e.Enabled:
		return "what enables it? A form that is not filled in, or an action that has not ended"
	case !e.Editable:
		return "is this the field that a person would write in?"
	}
	return ""
}

// call makes a JavaScript expression that calls a function with arguments.
func call(function string, arguments ...any) string {
	list, err := json.Marshal(arguments)
	if err != nil {
		panic(err) // strings always encode
	}
	return "(" + function + ")(..." + string(list) + ")"
}

// probe looks once.
func (b *Browser) probe(ctx context.Context, selector string) (element, error) {
	var seen element
	value, err := b.page.Evaluate(ctx, call(probeScript, selector))
	if err != nil {
		return seen, err
	}
	if err := json.Unmarshal(value, &seen); err != nil {
		return seen, fmt.Errorf("looking at the page: %w", err)
	}
	if seen.Invalid != "" {
		return seen, fmt.Errorf("%w: %q is no CSS selector: %s", ErrInvalidOption, selector, seen.Invalid)
	}
	return seen, nil
}

// await looks until nothing is missing, ever less often. Its error has the last state.
func (b *Browser) await(ctx context.Context, selector string, missing want) (element, error) {
	const first, last = 5 * time.Millisecond, 50 * time.Millisecond
	interval := first
	timer := time.NewTimer(0)
	defer timer.Stop()
	seen := element{problem: "nothing yet"}
	defer b.waits(func(ctx context.Context) bool {
		now, err := b.probe(ctx, selector)
		return err == nil && missing(now) != ""
	})()
	for {
		select {
		case <-ctx.Done():
			seen.URL, seen.Title = b.options.Redactor.URL(seen.URL), b.options.Redactor.Text(seen.Title)
			return seen, &ActionError{State: seen.state(missing(seen)), Hint: seen.hint(), Err: context.Cause(ctx)}
		case <-timer.C:
		}
		now, err := b.probe(ctx, selector)
		switch {
		case err == nil && missing(now) == "":
			return now, nil
		case err == nil:
			seen = now
		case isFinal(err) || b.page.Err() != nil:
			return seen, err
		case ctx.Err() == nil:
			seen.problem = "the page could not be asked: " + err.Error() // it is just navigating
		}
		timer.Reset(interval)
		interval = min(interval*3/2, last)
	}
}
