package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// place is where somebody's source did something: the line itself and, where that is in a helper, the line of
// the test that led there.
type place struct {
	at   line
	from line
}

type line struct {
	file   string
	number int
}

// String is file:line, and who called it where that is another line.
func (p place) String() string {
	if p.at.file == "" {
		return "unknown place"
	}
	if p.from == p.at || p.from.file == "" {
		return p.at.String()
	}
	return fmt.Sprintf("%s, called from %s", p.at, p.from)
}

// String is file:line, relative to the working directory where that is shorter.
func (l line) String() string {
	file := l.file
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, file); err == nil && len(relative) < len(file) {
			file = relative
		}
	}
	return fmt.Sprintf("%s:%d", file, l.number)
}

const ownPackage = "github.com/seed49090845/lockstep/harness."

// runners are the beginnings of functions that call tests, bodies and their goroutines: whoever they call is the
// author.
var runners = []string{ownPackage, "testing.", "runtime.", "reflect.", "sync.", "golang.org/x/sync/", "github.com/onsi/", "pgregory.net/rapid."}

// caller is the place outside of this package that called into it.
func caller() place {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	for {
		frame, more := frames.Next()
		if frame.File != "" && !isRunner(frame) {
			return place{lineOf(frame), outermost(frame, frames)}
		}
		if !more {
			return place{}
		}
	}
}

// callerAt is the place that many frames above whoever called the function that calls this.
func callerAt(skip int) place {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(skip+3, counters[:])])
	frame, _ := frames.Next()
	return place{lineOf(frame), outermost(frame, frames)}
}

// outermost is the last line of the author's before the runner that called it.
func outermost(frame runtime.Frame, frames *runtime.Frames) line {
	for {
		next, more := frames.Next()
		if next.File == "" || isRunner(next) {
			return lineOf(frame)
		}
		if frame = next; !more {
			return lineOf(frame)
		}
	}
}

func lineOf(frame runtime.Frame) line { return line{frame.File, frame.Line} }

// isRunner tells whether the frame is not the author's. Tests of this package are authors, too.
func isRunner(frame runtime.Frame) bool {
	for _, prefix := range runners {
		if strings.HasPrefix(frame.Function, prefix) {
			return prefix != ownPackage || !strings.HasSuffix(frame.File, "_test.go")
		}
	}
	return false
}
