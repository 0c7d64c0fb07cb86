package sessions

import "github.com/seed49090845/lockstep/sessions/redact"

// Redactor hides secrets in evidence and errors.
type Redactor = redact.Redactor

// redact hides what is secret in all parts but the screenshot.
func (e *Evidence) redact(r Redactor) {
	e.URL = r.URL(e.URL)
	e.Source = r.HTML(e.Source)
	for _, text := range []*string{&e.Doing, &e.Title} {
		*text = r.Text(*text)
	}
	for i := range e.Problems {
		e.Problems[i] = r.Text(e.Problems[i])
	}
	for i := range e.Console {
		e.Console[i].Text = r.Text(e.Console[i].Text)
	}
	for i := range e.Failures {
		e.Failures[i].Text = r.Text(e.Failures[i].Text)
	}
	for i := range e.Requests {
		e.Requests[i].URL = r.URL(e.Requests[i].URL)
		e.Requests[i].Error = r.Text(e.Requests[i].Error)
	}
}
