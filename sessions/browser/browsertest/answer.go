package browsertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Element is what a selector matches. The zero value is one element that is visible, enabled, editable and
// empty.
type Element struct {
	Missing  bool
	Hidden   bool
	Disabled bool
	ReadOnly bool
	// Covered names what lies on top of it; empty means nothing.
	Covered string
	// Text is its text.
	Text string
	// Tag is its name in capitals; empty means DIV.
	Tag string
}

// storage is the cookies and the local storage of one browser context.
type storage struct {
	mu   sync.Mutex
	mark string
}

// Markers begin the scripts of package sessions. Its tests run every verb on a page of this package, so that
// the two cannot drift apart.
const (
	probeMark    = "/*lockstep:probe*/"
	chooseMark   = "/*lockstep:choose*/"
	leaveMark    = "/*lockstep:mark*/"
	readMark     = "/*lockstep:read*/"
	evidenceMark = "/*lockstep:evidence*/"
)

// Answer is what the page answers by itself: it knows the scripts of package sessions and "location.href", and
// answers nil to all others.
func (p *Page) Answer(expression string) (any, error) {
	switch {
	case strings.Contains(expression, probeMark):
		return p.probe(expression)
	case strings.Contains(expression, chooseMark):
		return "", nil
	case strings.Contains(expression, leaveMark):
		return p.leaveMark(expression)
	case strings.Contains(expression, readMark):
		p.storage.mu.Lock()
		defer p.storage.mu.Unlock()
		return map[string]string{"cookie": "lockstep=" + p.storage.mark, "storage": p.storage.mark}, nil
	case strings.Contains(expression, evidenceMark):
		return map[string]string{"url": p.URL(), "title": "fake", "source": "<html>" + p.URL() + "</html>"}, nil
	case expression == "location.href":
		return p.URL(), nil
	}
	return nil, nil
}

func (p *Page) probe(expression string) (any, error) {
	selector, err := argument(expression)
	if err != nil {
		return nil, err
	}
	var e Element
	if p.driver.Element != nil {
		e = p.driver.Element(p, selector)
	}
	if e.Tag == "" {
		e.Tag = "DIV"
	}
	answer := map[string]any{"url": p.URL(), "title": "fake", "ready": "complete", "count": 0}
	if e.Missing {
		return answer, nil
	}
	answer["count"], answer["name"], answer["tag"], answer["text"] = 1, selector, e.Tag, e.Text
	answer["visible"], answer["enabled"], answer["editable"], answer["covered"] = !e.Hidden, !e.Disabled, !e.ReadOnly, e.Covered
	return answer, nil
}

func (p *Page) leaveMark(expression string) (any, error) {
	mark, err := argument(expression)
	p.storage.mu.Lock()
	defer p.storage.mu.Unlock()
	p.storage.mark = mark
	return true, err
}

// argument is the first argument of a script that is called as (function)(...["first", …]).
func argument(expression string) (string, error) {
	from := strings.LastIndex(expression, "(...[")
	if from < 0 {
		return "", errors.New("fake page: the script is called without arguments")
	}
	var arguments []string
	list := strings.TrimSuffix(expression[from+len("(..."):], ")")
	if err := json.Unmarshal([]byte(list), &arguments); err != nil || len(arguments) == 0 {
		return "", fmt.Errorf("fake page: arguments %s: %w", list, err)
	}
	return arguments[0], nil
}
