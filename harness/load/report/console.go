package report

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/seed49090845/lockstep/harness/load"
)

const (
	liveAfter    = 300 * time.Millisecond // shorter runs show none
	liveInterval = 500 * time.Millisecond
	lineInterval = 10 * time.Second
)

// Console shows a run while it goes on: on a terminal as lines that are rewritten, one for each scenario, elsewhere
// as such lines every ten seconds. The lines are gone at the end on a terminal.
func Console(out io.Writer) func(context.Context, *load.Live) {
	return func(ctx context.Context, live *load.Live) {
		c := &console{out: out, last: map[string]int64{}}
		first, interval := lineInterval, lineInterval
		if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			c.terminal = file
			first, interval = liveAfter, liveInterval
		}
		timer := time.NewTimer(first)
		defer timer.Stop()
		defer c.wipe()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
				c.show(c.lines(live))
				timer.Reset(interval)
			}
		}
	}
}

type console struct {
	out      io.Writer
	terminal *os.File // nil: it is none
	shown    int      // lines that are to be wiped
	last     map[string]int64
	at       time.Duration
}

// lines are how each scenario is, with its rate since the lines before.
func (c *console) lines(live *load.Live) []string {
	s := live.Snapshot()
	since := max((s.At - c.at).Seconds(), 1e-3)
	c.at = s.At
	lines := make([]string, 0, len(s.Scenarios))
	for i := range s.Scenarios {
		of := &s.Scenarios[i]
		n := of.Total.Count()
		perSecond := float64(n-c.last[of.Name]) / since
		c.last[of.Name] = n
		state := string(live.State(of.Name))
		if live.Ending() != nil && state == string(load.Starting) {
			state = string(load.Draining)
		}
		times := responseOf(&of.Total).Intended
		lines = append(lines, fmt.Sprintf("%s · %s (%s) · %s users of %s · %s/s · p50 %s p95 %s p99 %s · %s requests, %s KO", span(milliseconds(s.At)), of.Name, state,
			count(of.Users.Present), count(of.Users.Started), rate(perSecond), ms(times.P50), ms(times.P95), ms(times.P99), count(n), count(requestsOf(&of.Total).KO)))
	}
	if late := percentile(&s.Lateness, 99); late != nil && len(lines) > 0 {
		lines[len(lines)-1] += " · late p99 " + ms(late)
	}
	return lines
}

// A console that cannot be written is no reason to stop, so errors are ignored.
func (c *console) show(lines []string) {
	if c.terminal == nil {
		for _, line := range lines {
			_, _ = fmt.Fprintln(c.out, "lockstep: "+line)
		}
		return
	}
	c.wipe()
	width, height, err := term.GetSize(int(c.terminal.Fd()))
	if err != nil || width < 2 {
		return
	}
	if len(lines) >= height && height > 1 {
		lines = lines[:height-1]
	}
	for i, line := range lines {
		if runes := []rune(line); len(runes) >= width {
			lines[i] = string(runes[:width-2]) + "…"
		}
	}
	_, _ = fmt.Fprint(c.out, strings.Join(lines, "\n"))
	c.shown = len(lines)
}

// wipe takes the lines away and goes back to where they began.
func (c *console) wipe() {
	if c.shown == 0 {
		return
	}
	_, _ = fmt.Fprint(c.out, "\r"+strings.Repeat("\033[K\033[A", c.shown-1)+"\033[K")
	c.shown = 0
}
