package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
)

// SweepSchema names the form of the JSON of a sweep; see schema.md.
const SweepSchema = "lockstep/load-sweep/1"

// Sweep is what is told of a sweep; its JSON is the file sweep.json.
type Sweep struct {
	Schema string  `json:"schema"`
	Name   string  `json:"name,omitempty"`
	Levels []Level `json:"levels"`

	started time.Time // of the first level
}

// Level is a fixed pool of users.
type Level struct {
	Pool   int     `json:"pool"`
	TookMS float64 `json:"took_ms"`
	Passed bool    `json:"passed"`
	Summary
	Executions []Execution `json:"executions,omitempty"`
}

// Execution is one call of the user function.
type Execution struct {
	User    string  `json:"user"`
	StartMS float64 `json:"start_ms"`
	TookMS  float64 `json:"took_ms"`
	Status  int     `json:"status"`
	Error   string  `json:"error,omitempty"`
}

// NewSweep makes the report of a sweep.
func NewSweep(name string, r *load.SweepResult) *Sweep {
	s := &Sweep{Schema: SweepSchema, Name: name, Levels: []Level{}}
	if len(r.Levels) > 0 {
		s.started = r.Levels[0].Start
	}
	for _, l := range r.Levels {
		level := Level{Pool: l.Users, TookMS: milliseconds(l.At), Passed: l.Err() == nil, Summary: Summarise(l.Snapshot)}
		for _, e := range l.Executions {
			text := ""
			if e.Err != nil {
				text = e.Err.Error()
			}
			level.Executions = append(level.Executions, Execution{e.User, milliseconds(e.Start), milliseconds(e.Took), e.Status, text})
		}
		s.Levels = append(s.Levels, level)
	}
	return s
}

// Summary is the sweep without its single executions.
func (s *Sweep) Summary() *Sweep {
	short := &Sweep{Schema: s.Schema, Levels: make([]Level, len(s.Levels))}
	copy(short.Levels, s.Levels)
	for i := range short.Levels {
		short.Levels[i].Executions = nil
	}
	return short
}

// Text writes a row for each level, and why executions failed.
func (s *Sweep) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, strings.Join([]string{"USERS", "REQUESTS", "KO", "PER SECOND", "P50", "P95", "P99", "MAX", "TOOK"}, "\t")+"\t")
	for _, l := range s.Levels {
		p := l.Response.Actual
		fmt.Fprintln(t, strings.Join([]string{count(int64(l.Pool)), count(l.Requests.Total), count(l.Requests.KO), rate(l.RPS),
			ms(p.P50), ms(p.P95), ms(p.P99), ms(p.Max), span(l.TookMS)}, "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, l := range s.Levels {
		if why := l.failures(); why != "" {
			if _, err := fmt.Fprintln(w, why); err != nil {
				return err
			}
		}
	}
	return nil
}

// failures are how many executions failed and why the first did; empty if none did.
func (l *Level) failures() string {
	failed, first := 0, ""
	for _, e := range l.Executions {
		if e.Error == "" {
			continue
		}
		if failed++; failed == 1 {
			first = strings.ReplaceAll(e.Error, "\n", "; ")
		}
	}
	if failed == 0 {
		return ""
	}
	return fmt.Sprintf("%s users: %s of %s executions failed, the first: %s", count(int64(l.Pool)), count(int64(failed)), count(int64(len(l.Executions))), first)
}

// Write writes sweep.html, sweep.json and sweep.csv, which has a row for each execution, into the folder.
func (s *Sweep) Write(folder string) ([]string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var written []string
	var errs []error
	for _, form := range []struct {
		file  string
		write func(io.Writer) error
	}{{"sweep.html", s.HTML}, {"sweep.json", s.json}, {"sweep.csv", s.csv}} {
		path := filepath.Join(folder, form.file)
		file, err := os.Create(path)
		if err == nil {
			err = errors.Join(form.write(file), file.Close())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("report: %s: %w", path, err))
			continue
		}
		written = append(written, path)
	}
	return written, errors.Join(errs...)
}

func (s *Sweep) json(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

func (s *Sweep) csv(w io.Writer) error {
	rows := [][]string{{"pool", "execution", "user", "start_ms", "took_ms", "status", "error"}}
	for _, l := range s.Levels {
		for i, e := range l.Executions {
			rows = append(rows, []string{whole(int64(l.Pool)), whole(int64(i + 1)), e.User, plain(&e.StartMS), plain(&e.TookMS), whole(int64(e.Status)), e.Error})
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}
