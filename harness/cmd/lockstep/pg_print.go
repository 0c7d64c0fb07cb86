package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// pgAhead is how many lines may wait to be printed; the application never waits for them.
const pgAhead = 10_000

// pgPrinter writes events one a line, as soon as they come. Its owner calls end.
type pgPrinter struct {
	out     io.Writer
	asJSON  bool
	lines   chan pgEvent
	done    chan struct{}
	leftOut atomic.Int64

	err   error  // the first of writing; read when done is closed
	under string // the last header
}

// pgListening is the first line.
type pgListening struct {
	Event    string `json:"event"`
	Gateway  string `json:"gateway"`
	Upstream string `json:"upstream"`
	Proxy    string `json:"proxy,omitempty"`
	App      string `json:"app,omitempty"`
}

func newPGPrinter(out io.Writer, asJSON bool) *pgPrinter {
	return &pgPrinter{out: out, asJSON: asJSON, lines: make(chan pgEvent, pgAhead)}
}

// tell queues an event.
func (p *pgPrinter) tell(e pgEvent) {
	select {
	case p.lines <- e:
	default:
		p.leftOut.Add(1)
	}
}

// listening prints the first line, and then what comes.
func (p *pgPrinter) listening(l pgListening) {
	switch {
	case p.asJSON:
		p.json(l)
	default:
		p.printf("database gateway at %s, in front of %s\n", l.Gateway, l.Upstream)
		if l.Proxy != "" {
			p.printf("application at %s, in front of %s\n", l.Proxy, l.App)
		}
		p.printf("interrupt to stop\n")
	}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		for e := range p.lines {
			p.event(e)
		}
	}()
}

// end prints what is still queued, and then the summary, if there is one. Nothing may be told any more.
func (p *pgPrinter) end(s *pgSummary) error {
	close(p.lines)
	if p.done != nil {
		<-p.done
	}
	if s == nil {
		return p.err
	}
	s.LeftOut = int(p.leftOut.Load())
	if p.asJSON {
		p.json(s)
		return p.err
	}
	return errors.Join(p.err, s.print(p.out))
}

func (p *pgPrinter) json(value any) {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false) // SQL has < and >
	if err := encoder.Encode(value); p.err == nil {
		p.err = err
	}
}

func (p *pgPrinter) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format, args...); p.err == nil {
		p.err = err
	}
}

// event prints a line, below a header where that is another than that of the line before.
func (p *pgPrinter) event(e pgEvent) {
	if p.asJSON {
		p.json(e)
		return
	}
	if p.under != e.Under {
		p.under = e.Under
		p.printf("%s\n", e.Under)
	}
	p.printf("  %10.2f ms  %-9s  %s%s\n", e.MS, e.became(), e.Statement, e.waiting())
}

// became says in a word what became of the statement.
func (e pgEvent) became() string {
	switch {
	case e.Event == "waits":
		return "waits"
	case e.Error != "":
		return "lost"
	case e.SQLState != "":
		return e.SQLState
	case e.Rows == nil:
		return "ok"
	case *e.Rows == 1:
		return "1 row"
	}
	return fmt.Sprintf("%d rows", *e.Rows)
}

func (e pgEvent) waiting() string {
	switch {
	case e.Error != "":
		return ": " + e.Error
	case e.WaitsFor == "":
		return ""
	case e.Event == "waits":
		return " waits for " + e.WaitsFor
	}
	return fmt.Sprintf(" (waited %.2f ms)", e.WaitedMS)
}
