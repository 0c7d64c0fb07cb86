package harness

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	progressAfter = 2 * time.Second // shorter runs show none
	liveInterval  = 100 * time.Millisecond
	lineInterval  = 10 * time.Second
)

// situation is what a session is at, as progress shows it.
type situation struct {
	item  *Step
	what  string
	since time.Time
}

// note sets what an item of a session is at, besides what the session itself is doing.
func (r *run) note(item *Step, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	since := time.Now()
	if known := r.doing[item.session]; known.item == item && what == "" {
		since = known.since
	}
	r.doing[item.session] = situation{item, what, since}
}

func (r *run) setSituation(s *Session, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if what == "" {
		delete(r.doing, s)
		return
	}
	r.doing[s] = situation{nil, what, time.Now()}
}

// Status is what every session is at, in one line: for progress, and for whoever asks why a run hangs.
func (r *run) status() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	parts := []string{fmt.Sprintf("%s: %d of %d", r.scenario.name, r.ended, len(r.scenario.items))}
	for _, s := range r.used() {
		at, ok := r.doing[s]
		if !ok {
			continue
		}
		parts = append(parts, s.Name()+" "+r.situation(s, at))
	}
	return strings.Join(parts, " · ")
}

func (r *run) situation(s *Session, at situation) string {
	took := time.Since(at.since).Round(100 * time.Millisecond)
	switch {
	case at.item == nil:
		return fmt.Sprintf("%s (%v)", at.what, took)
	case at.what != "":
		return fmt.Sprintf("%q: %s (%v)", at.item.name, at.what, took)
	}
	if session := r.live[s]; session != nil {
		return fmt.Sprintf("%q: %s", at.item.name, session.Doing())
	}
	return fmt.Sprintf("%q (%v)", at.item.name, took)
}

// showProgress shows the status of a run that takes longer than a moment: as a live line on a terminal, as a
// line now and then elsewhere.
func (r *run) showProgress() (stop func()) {
	out := r.harness.options.progress
	if out == io.Discard {
		return func() {}
	}
	live := isTerminal(out)
	first, interval := lineInterval, lineInterval
	if live {
		first, interval = progressAfter, liveInterval
	}
	stopped := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		timer := time.NewTimer(first)
		defer timer.Stop()
		shown := false
		for {
			select {
			case <-stopped:
				if live && shown {
					fmt.Fprint(out, "\r\033[K")
				}
				return
			case <-timer.C:
				r.showLine(out, live)
				shown = true
				timer.Reset(interval)
			}
		}
	})
	return func() {
		close(stopped)
		showing.Wait()
	}
}

func (r *run) showLine(out io.Writer, live bool) {
	line := r.status()
	if !live {
		fmt.Fprintln(out, "lockstep: "+line)
		return
	}
	if width, _, err := term.GetSize(int(out.(*os.File).Fd())); err == nil && width > 1 {
		if runes := []rune(line); len(runes) >= width {
			line = string(runes[:width-2]) + "…"
		}
	}
	fmt.Fprint(out, "\r\033[K"+line)
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
