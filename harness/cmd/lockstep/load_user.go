package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/harness/load/replay"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// user is what a user does in an iteration.
func (o *loadOptions) user(address *url.URL) (func(context.Context, *load.User) error, error) {
	set, err := parseChecks(o.checks)
	if err != nil {
		return nil, fmt.Errorf("--check: %w", err)
	}
	if o.har != "" {
		return o.replay(address, set)
	}
	if len(o.fill) > 0 {
		return nil, errors.New("--fill: only a HAR has fields to be filled; give --har")
	}
	r := virtual.Request{Name: o.name, Method: strings.ToUpper(o.method), Path: address.RequestURI(), Check: set}
	if o.body != "" {
		if r.Body, err = bodyOf(o.body); err != nil {
			return nil, fmt.Errorf("--body: %w", err)
		}
	}
	return func(ctx context.Context, u *load.User) error {
		_, err := u.Do(ctx, r)
		return errors.Join(err, u.Pause(ctx)) // who fails pauses too
	}, nil
}

// parseChecks is nil for none.
func parseChecks(texts []string) (virtual.Check, error) {
	if len(texts) == 0 {
		return nil, nil //nolint:nilnil // no check is what a request without one has
	}
	var checks []check.Check
	var errs []error
	for _, text := range texts {
		c, err := check.Parse(text)
		checks, errs = append(checks, c), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return check.All(checks...)
}

// replay is the user function of a HAR.
func (o *loadOptions) replay(address *url.URL, set virtual.Check) (func(context.Context, *load.User) error, error) {
	if o.body != "" || o.method != "" {
		return nil, errors.New("--har has methods and bodies of its own; leave --method and --body out")
	}
	fill, err := o.filled()
	if err != nil {
		return nil, err
	}
	file, err := os.Open(o.har)
	if err != nil {
		return nil, fmt.Errorf("--har: %w", err)
	}
	defer file.Close()
	recorded, err := har.Read(file)
	if err != nil {
		return nil, fmt.Errorf("--har %s: %w", o.har, err)
	}
	r, err := replay.New(recorded, replay.Options{Target: address, RecordedHost: o.harHost, ThinkTimes: o.pause == "think", Check: set, Fill: fill})
	if err != nil {
		return nil, fmt.Errorf("--har %s: %w", o.har, err)
	}
	o.notes = r.Notes()
	return r.User, nil
}

// filled are the values of fields by their names.
func (o *loadOptions) filled() (map[string]string, error) {
	fields := map[string]string{}
	for _, text := range o.fill {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--fill %q: want 'name=value'", text)
		}
		content, err := bodyOf(value)
		if err != nil {
			return nil, fmt.Errorf("--fill %s: %w", name, err)
		}
		fields[name] = strings.TrimSuffix(string(content), "\n")
	}
	return fields, nil
}

// bodyOf is a text, or the content of the file after an @.
func bodyOf(text string) ([]byte, error) {
	if file, ok := strings.CutPrefix(text, "@"); ok {
		return os.ReadFile(file)
	}
	return []byte(text), nil
}
