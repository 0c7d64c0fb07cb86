package coexist

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness/load"
)

const (
	eventuallyTimeout  = 5 * time.Second
	eventuallyInterval = 10 * time.Millisecond
)

// errGoexit says that a user function ended its goroutine.
var errGoexit = errors.New("the user function ended its goroutine (runtime.Goexit, t.FailNow): use the g that it is handed, or return an error")

// assertions are what failed in one iteration. A failed one ends the goroutine, as in a body of package harness.
type assertions struct {
	mu     sync.Mutex
	failed []error
}

func (a *assertions) gomega() gomega.Gomega {
	g := gomega.NewGomega(func(message string, skip ...int) {
		a.mu.Lock()
		a.failed = append(a.failed, errors.New(strings.TrimSpace(message)+"\nat "+callerAt(append(skip, 0)[0])))
		a.mu.Unlock()
		runtime.Goexit()
	})
	g.SetDefaultEventuallyTimeout(eventuallyTimeout)
	g.SetDefaultEventuallyPollingInterval(eventuallyInterval)
	g.EnforceDefaultTimeoutsWhenUsingContexts()
	return g
}

func (a *assertions) err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return errors.Join(a.failed...)
}

// callerAt is file and line of the first caller outside of Gomega, and that many more.
func callerAt(more int) string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, again := frames.Next()
		if !strings.Contains(frame.Function, "onsi/gomega") {
			if more == 0 || !again {
				return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
			}
			more--
		}
		if !again {
			return "an unknown place"
		}
	}
}

// call sends one error, or nil, whatever the function does: it may return, panic, or end its goroutine.
func call(ctx context.Context, m *member, returned chan<- error) {
	var failed assertions
	err := errGoexit
	defer func() {
		if value := recover(); value != nil {
			err = &load.PanicError{Value: value, Place: panicPlace()}
		}
		if own := failed.err(); own != nil {
			if errors.Is(err, errGoexit) {
				err = nil // an assertion ended it
			}
			err = errors.Join(own, err)
		}
		returned <- err
	}()
	err = m.does.User(ctx, failed.gomega(), m.BrowserUser)
}

// panicPlace is for the deferred function that recovered.
func panicPlace() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return ""
		}
	}
}

func isPanic(err error) bool {
	_, panicked := errors.AsType[*load.PanicError](err)
	return panicked
}
