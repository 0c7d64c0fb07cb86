package sessions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
)

// Evidence is what can be seen of a session at one moment. Secrets are redacted in it.
type Evidence struct {
	Session string    `json:"session"`
	Tenant  string    `json:"tenant,omitempty"`
	Kind    Kind      `json:"kind"`
	At      time.Time `json:"at"`
	Doing   string    `json:"doing"`
	URL     string    `json:"url,omitempty"`
	Title   string    `json:"title,omitempty"`

	// Screenshot is a PNG, and Source the page's HTML or the last answer's body; both are files of their own
	// when evidence is saved.
	Screenshot []byte `json:"-"`
	Source     string `json:"-"`

	Console  []ConsoleRecord `json:"console,omitempty"`
	Failures []FailureRecord `json:"failures,omitempty"`
	Requests []RequestRecord `json:"requests,omitempty"`
	// Dropped counts older records that were not kept.
	Dropped int `json:"dropped,omitempty"`
	// Problems say what could not be had and why.
	Problems []string `json:"problems,omitempty"`

	// exchanges are what the session's gateway saw, with their secrets: they are redacted when they are written.
	exchanges []gateway.Exchange
	redactor  Redactor
}

// ConsoleRecord is a line on a page's console.
type ConsoleRecord struct {
	At    time.Time `json:"at"`
	Level string    `json:"level"`
	Text  string    `json:"text"`
}

// FailureRecord is an exception that a page did not catch.
type FailureRecord struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// RequestRecord is a request of the session. Status is zero while there is no answer, Error is set where
// there was none.
type RequestRecord struct {
	At     time.Time     `json:"at"`
	Method string        `json:"method"`
	URL    string        `json:"url"`
	Type   string        `json:"type,omitempty"`
	Status int           `json:"status,omitempty"`
	Error  string        `json:"error,omitempty"`
	Took   time.Duration `json:"took_ns,omitempty"`
}

// Evidence implements Session. It asks the page for at most the session's action timeout and is called
// beside a verb that hangs, so it does not count as one.
func (b *Browser) Evidence(ctx context.Context) *Evidence {
	e := &Evidence{Session: b.Name(), Tenant: b.Tenant(), Kind: b.Kind(), At: time.Now(), Doing: b.Doing().String()}
	ctx, cancel := context.WithTimeoutCause(ctx, b.options.ActionTimeout, errActionTimeout)
	defer cancel()
	b.recorder.fill(e)
	e.recorded(b.Gateway(), b.options.Redactor)
	if err := b.Err(); err != nil {
		e.Problems = append(e.Problems, err.Error())
	} else {
		b.look(ctx, e)
	}
	e.redact(b.options.Redactor)
	return e
}

// look asks the page itself; a page that cannot answer leaves a note.
func (b *Browser) look(ctx context.Context, e *Evidence) {
	var seen struct{ URL, Title, Source string }
	value, err := b.page.Evaluate(ctx, `/*lockstep:evidence*/ ({url: location.href, title: document.title, source: document.documentElement.outerHTML})`)
	if err == nil {
		err = json.Unmarshal(value, &seen)
	}
	if err != nil {
		e.Problems = append(e.Problems, "page source: "+err.Error())
	}
	e.URL, e.Title, e.Source = seen.URL, seen.Title, seen.Source
	if e.Screenshot, err = b.capture(ctx); err != nil {
		e.Problems = append(e.Problems, "screenshot: "+err.Error())
	}
}

// recorded takes what a gateway has recorded; nil is none.
func (e *Evidence) recorded(g *gateway.Gateway, r Redactor) {
	if g != nil {
		e.exchanges, e.redactor = g.Record(), r
	}
}

// Save writes the evidence into the folder, which is made if need be: NAME.png, NAME.html (or .txt for an
// HTTP session), NAME.json, and NAME.har where a gateway has recorded something. It returns the paths of what it wrote.
// One part that cannot be written does not keep the others back.
func (e *Evidence) Save(folder, name string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", e.Session, err)
	}
	record, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("evidence of %s: %w", e.Session, err)
	}
	source := ".html"
	if e.Kind == KindHTTP {
		source = ".txt"
	}
	var written []string
	var errs []error
	for _, part := range []struct {
		extension string
		content   []byte
	}{{".png", e.Screenshot}, {source, []byte(e.Source)}, {".json", record}} {
		if len(part.content) == 0 {
			continue
		}
		path := filepath.Join(folder, name+part.extension)
		if err := os.WriteFile(path, part.content, 0o644); err != nil {
			errs = append(errs, fmt.Errorf("evidence of %s: %w", e.Session, err))
			continue
		}
		written = append(written, path)
	}
	if len(e.exchanges) > 0 {
		path := filepath.Join(folder, name+".har")
		if err := har.WriteFile(path, e.exchanges, har.Options{Session: e.Session, Redactor: e.redactor}); err != nil {
			errs = append(errs, fmt.Errorf("evidence of %s: %w", e.Session, err))
		} else {
			written = append(written, path)
		}
	}
	return written, errors.Join(errs...)
}
