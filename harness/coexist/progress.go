package coexist

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	liveAfter    = 300 * time.Millisecond // shorter phases show none
	liveInterval = 250 * time.Millisecond
	lineInterval = 10 * time.Second
)

// show shows a line again and again until it is stopped: rewritten on a terminal, elsewhere every ten seconds. What cannot be written
// is no reason to stop, so errors are ignored.
func show(out io.Writer, line func() string) (stop func()) {
	stopped := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() { follow(out, line, stopped) })
	return func() {
		close(stopped)
		showing.Wait()
	}
}

func follow(out io.Writer, line func() string, stopped <-chan struct{}) {
	first, interval := lineInterval, lineInterval
	file, terminal := out.(*os.File)
	if terminal = terminal && term.IsTerminal(int(file.Fd())); terminal {
		first, interval = liveAfter, liveInterval
	}
	const erase = "\r\033[K"
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-stopped:
			if terminal {
				_, _ = fmt.Fprint(out, erase)
			}
			return
		case <-timer.C:
		}
		timer.Reset(interval)
		if !terminal {
			_, _ = fmt.Fprintln(out, "lockstep: "+line())
			continue
		}
		text := []rune(line())
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 1 && len(text) >= width {
			text = append(text[:width-2], '…')
		}
		_, _ = fmt.Fprint(out, erase+string(text))
	}
}
