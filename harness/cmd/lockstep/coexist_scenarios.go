package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness/coexist"
	"github.com/seed49090845/lockstep/harness/data"
	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/replay"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// placeholder is where a value of the row goes.
var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

// columnsIn are those that texts ask for.
func columnsIn(texts ...string) (columns []string) {
	for _, text := range texts {
		for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(columns, found[1]) {
				columns = append(columns, found[1])
			}
		}
	}
	return columns
}

// filled is the text with the values of the row, each as the place needs it.
func filled(text string, row data.Row, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		value, _ := row.Lookup(found[2 : len(found)-1]) // the feeder has the columns
		return escape(value)
	})
}

// filledPath is a path and a query with values.
func filledPath(path string, row data.Row) string {
	path, query, asked := strings.Cut(path, "?")
	path = filled(path, row, url.PathEscape)
	if asked {
		path += "?" + filled(query, row, url.QueryEscape)
	}
	return path
}

// filledBody is a body with values, which in JSON are inside of quotes.
func filledBody(body string, row data.Row) []byte {
	escape := func(value string) string { return value }
	if text := strings.TrimSpace(body); strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		escape = func(value string) string {
			quoted, _ := json.Marshal(value) // a text always can be
			return string(quoted[1 : len(quoted)-1])
		}
	}
	return []byte(filled(body, row, escape))
}

// scenarios are what users do, and where their data come from; nil for nowhere.
func (o *coexistOptions) scenarios() (list []coexist.Scenario, feeder *data.Feeder, err error) {
	if !slices.Contains([]string{"virtual", "browsers", "both"}, o.as) {
		return nil, nil, fmt.Errorf("--as %q: want virtual, browsers or both", o.as)
	}
	if len(o.urls) == 0 || len(o.urls) > 1 && (o.phonebook || o.load.har != "") {
		return nil, nil, fmt.Errorf("--url %q: want one, or without --har and --phonebook several", o.urls)
	}
	if o.load.har != "" && o.as != "virtual" {
		return nil, nil, fmt.Errorf("--as %s: a HAR is replayed by virtual users", o.as)
	}
	templates := make([]*template, len(o.urls))
	var columns []string
	for i, text := range o.urls {
		if templates[i], err = o.template(text); err != nil {
			return nil, nil, err
		}
		columns = append(columns, templates[i].columns()...)
	}
	if feeder, err = o.feeder(columns); err != nil {
		return nil, nil, err
	}
	if feeder == nil && len(columns) > 0 {
		return nil, nil, fmt.Errorf("${%s} needs --data, where its value is from", columns[0])
	}
	for _, t := range templates {
		t.feeder = feeder
		list = append(list, t.scenarios(o.as)...)
	}
	return list, feeder, nil
}

// template is what a user does, but for its data.
type template struct {
	name, base, path, body string
	headers                map[string]string // with values of the row
	target                 *virtual.Target
	request                virtual.Request
	replay                 *replay.Replay // nil: one request
	phonebook              bool
	feeder                 *data.Feeder // nil: none
}

// template understands an address, whose path may have placeholders.
func (o *coexistOptions) template(text string) (*template, error) {
	base, path := text, "/"
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			base, path = scheme+"://"+rest[:end], "/"+strings.TrimPrefix(rest[end:], "/")
		}
	}
	address, err := url.Parse(base)
	if err != nil || address.Host == "" {
		return nil, fmt.Errorf("--url %q: want an address such as http://localhost:8080/items", text)
	}
	t := &template{base: address.String(), path: path, headers: map[string]string{}, phonebook: o.phonebook}
	l := o.load
	l.headers = nil
	for _, header := range o.load.headers {
		if name, value, ok := strings.Cut(header, ":"); ok && placeholder.MatchString(value) {
			t.headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		} else {
			l.headers = append(l.headers, header)
		}
	}
	if t.target, err = l.target(address); err != nil {
		return nil, err
	}
	switch {
	case o.phonebook:
		t.name = "phonebook"
	case o.load.har != "":
		return t, t.replays(&l, address, &o.load)
	default:
		t.name = strings.TrimSpace(strings.ToUpper(o.load.method) + " " + t.path)
		return t, t.requests(&l)
	}
	return t, nil
}

// requests makes the one request.
func (t *template) requests(l *loadOptions) error {
	set, err := parseChecks(l.checks)
	if err != nil {
		return fmt.Errorf("--check: %w", err)
	}
	if l.body != "" {
		body, err := bodyOf(l.body)
		if err != nil {
			return fmt.Errorf("--body: %w", err)
		}
		t.body = string(body)
	}
	t.request = virtual.Request{Name: t.name, Method: strings.ToUpper(l.method), Path: t.path, Check: set}
	return nil
}

// replays takes the requests of a HAR.
func (t *template) replays(l *loadOptions, address *url.URL, notes *loadOptions) error {
	t.name = "HAR"
	if l.body != "" || l.method != "" {
		return errors.New("--har has methods and bodies of its own; leave --method and --body out")
	}
	set, err := parseChecks(l.checks)
	if err != nil {
		return fmt.Errorf("--check: %w", err)
	}
	file, err := os.Open(l.har)
	if err != nil {
		return fmt.Errorf("--har: %w", err)
	}
	defer file.Close()
	recorded, err := har.Read(file)
	if err != nil {
		return fmt.Errorf("--har %s: %w", l.har, err)
	}
	if t.replay, err = replay.New(recorded, replay.Options{Target: address, RecordedHost: l.harHost, Check: set}); err != nil {
		return fmt.Errorf("--har %s: %w", l.har, err)
	}
	for i := range t.replay.Steps {
		t.replay.Steps[i].Prepare = func(u *load.User, r *virtual.Request) {
			if row, ok := u.Var(rowVar).(data.Row); ok {
				r.Path, r.Body = filledPath(r.Path, row), filledBody(string(r.Body), row)
			}
		}
	}
	notes.notes = t.replay.Notes()
	return nil
}

// rowVar is the user's variable in which a replay finds the row.
const rowVar = "lockstep.row"

func (t *template) columns() []string {
	texts := []string{t.path, t.body}
	for _, value := range t.headers {
		texts = append(texts, value)
	}
	if t.replay != nil {
		for _, step := range t.replay.Steps {
			texts = append(texts, step.Path, string(step.Body))
		}
	}
	return columnsIn(texts...)
}

// scenarios are one for each kind of users.
func (t *template) scenarios(as string) (list []coexist.Scenario) {
	var feeders []*data.Feeder
	if t.feeder != nil {
		feeders = append(feeders, t.feeder)
	}
	if as != "browsers" {
		user := t.virtual
		if t.phonebook {
			user = t.virtualPhonebook
		}
		list = append(list, coexist.Virtual(load.Scenario{Name: t.name, Target: t.target, Feeders: feeders, User: user}))
	}
	if as == "virtual" {
		return list
	}
	name := t.name
	if as == "both" {
		name += " in browsers"
	}
	browse := t.browse
	if t.phonebook {
		browse = t.browsePhonebook
	}
	return append(list, coexist.InBrowsers(coexist.BrowserScenario{
		Name: name, Session: sessions.BrowserOptions{BaseURL: t.base}, Feeders: feeders, User: browse,
	}))
}

// draw takes the row of an iteration, an empty one where there are no data.
func (t *template) draw(ctx context.Context, u interface {
	Draw(ctx context.Context, from *data.Feeder) (data.Row, error)
}) (data.Row, error) {
	if t.feeder == nil {
		return data.Row{}, nil
	}
	return u.Draw(ctx, t.feeder)
}

// virtual is an iteration of a virtual user.
func (t *template) virtual(ctx context.Context, u *load.User) error {
	row, err := t.draw(ctx, u)
	if err != nil {
		return err
	}
	if t.replay != nil {
		u.SetVar(rowVar, row)
		return t.replay.User(ctx, u)
	}
	r := t.request
	r.Path = filledPath(t.path, row)
	if t.body != "" {
		r.Body = filledBody(t.body, row)
	}
	for name, value := range t.headers {
		if r.Header == nil {
			r.Header = virtual.Header{}
		}
		r.Header[name] = filled(value, row, func(s string) string { return s })
	}
	_, err = u.Do(ctx, r)
	return err
}

// browse is an iteration of a user in a browser.
func (t *template) browse(ctx context.Context, _ gomega.Gomega, u *coexist.BrowserUser) error {
	row, err := t.draw(ctx, u)
	if err != nil {
		return err
	}
	path := filledPath(t.path, row)
	if err := u.Navigate(ctx, path); err != nil {
		return err
	}
	var status int
	if err := u.Evaluate(ctx, `performance.getEntriesByType("navigation")[0].responseStatus`, &status); err != nil {
		return err
	}
	if status >= 400 {
		return fmt.Errorf("the page %s was answered with the status %d", path, status)
	}
	return nil
}
