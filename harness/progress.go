package harness

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	progressAfter = 300 * time.Millisecond // shorter runs show none
	liveInterval  = 100 * time.Millisecond
	lineInterval  = 10 * time.Second
)

// display is where progress is shown: as a live line on a terminal, as a line now and then elsewhere.
type display struct {
	io.Writer
	width func() int // of the terminal, in characters; nil if it is none
}

func displayOn(out io.Writer) display {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return display{Writer: out}
	}
	return display{out, func() int {
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 0
		}
		return width
	}}
}

// showProgress shows what a run is at while it takes longer than a moment.
func (r *run) showProgress() (stop func()) {
	return r.harness.options.display.begin(r.board)
}

// begin shows what something is at until it is stopped.
func (d display) begin(what fmt.Stringer) (stop func()) {
	stopped := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() { d.follow(what, stopped) })
	return func() {
		close(stopped)
		showing.Wait()
	}
}

func (d display) follow(what fmt.Stringer, stopped <-chan struct{}) {
	first, interval := lineInterval, lineInterval
	if d.width != nil {
		first, interval = progressAfter, liveInterval
	}
	timer := time.NewTimer(first)
	defer timer.Stop()
	for shown := false; ; shown = true {
		select {
		case <-stopped:
			if shown {
				d.clear()
			}
			return
		case <-timer.C:
			d.show(what.String())
			timer.Reset(interval)
		}
	}
}

// A display that cannot be written is no reason to stop, so errors are ignored.
func (d display) show(line string) {
	if d.width == nil {
		_, _ = fmt.Fprintln(d, "lockstep: "+line)
		return
	}
	if runes, width := []rune(line), d.width(); width > 1 && len(runes) >= width {
		line = string(runes[:width-2]) + "…"
	}
	_, _ = fmt.Fprint(d, eraseLine+line)
}

func (d display) clear() {
	if d.width != nil {
		_, _ = fmt.Fprint(d, eraseLine)
	}
}

// eraseLine goes to the beginning of the line and empties it.
const eraseLine = "\r\033[K"
