package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// place is a line of somebody's source.
type place struct {
	file string
	line int
}

// String is file:line, relative to the working directory where that is shorter.
func (p place) String() string {
	if p.file == "" {
		return "unknown place"
	}
	file := p.file
	if here, err := os.Getwd(); err == nil {
		if relative, err := filepath.Rel(here, file); err == nil && len(relative) < len(file) {
			file = relative
		}
	}
	return fmt.Sprintf("%s:%d", file, p.line)
}

const ownPackage = "github.com/seed49090845/lockstep/harness."

// caller is the place outside of this package that called into it.
func caller() place {
	var counters [32]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	for {
		frame, more := frames.Next()
		own := strings.HasPrefix(frame.Function, ownPackage) && !strings.HasSuffix(frame.File, "_test.go")
		if !own && frame.File != "" {
			return place{frame.File, frame.Line}
		}
		if !more {
			return place{}
		}
	}
}
