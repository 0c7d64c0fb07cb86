package load

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

// maxFailures is how many different messages of a scenario's users are told apart; longestFailure is what is kept
// of one, in bytes.
const (
	maxFailures    = 100
	longestFailure = 300
)

// otherFailures is the message of those beyond.
const otherFailures = "(other errors)"

// errGoexit is what becomes of a user whose function ended its goroutine.
var errGoexit = errors.New("the user function ended its goroutine (runtime.Goexit, as a failed assertion of a test does)")

// PanicError is the panic of a user function.
type PanicError struct {
	// Value is what it panicked with, Place file and line.
	Value any
	Place string
}

func (e *PanicError) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("panic: %v", e.Value)
	}
	return fmt.Sprintf("panic: %v (%s)", e.Value, e.Place)
}

// newPanic is called by the deferred function that recovered.
func newPanic(value any) *PanicError {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, "runtime.") {
			return &PanicError{value, fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)}
		}
		if !more {
			return &PanicError{Value: value}
		}
	}
}

// isOwn tells whether an error is the user function's own fault, whenever it happens.
func isOwn(err error) bool {
	_, own := errors.AsType[*PanicError](err)
	return own
}

// UserFailure is why users failed, and how often.
type UserFailure struct {
	Scenario string
	Message  string
	Count    int64
}

// failures counts what user functions returned.
type failures struct {
	mu     sync.Mutex
	counts map[string]int64
}

// count takes the message of a request alone, without the user's name, so that the same failure is counted as one.
func (f *failures) count(err error) {
	message := err.Error()
	if request, ok := errors.AsType[*virtual.Error](err); ok {
		message = request.Class.String() + ": " + request.Message
	}
	if len(message) > longestFailure {
		message = strings.ToValidUTF8(message[:longestFailure], "") + "…"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int64{}
	}
	if _, known := f.counts[message]; !known && len(f.counts) >= maxFailures {
		message = otherFailures
	}
	f.counts[message]++
}

// list has the most frequent first.
func (f *failures) list(scenario string) []UserFailure {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []UserFailure
	for message, n := range f.counts {
		list = append(list, UserFailure{scenario, message, n})
	}
	slices.SortFunc(list, func(a, b UserFailure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Message, b.Message))
	})
	return list
}
