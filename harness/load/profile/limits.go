package profile

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// The limits of a profile. They are far beyond what a machine can do, and keep all arithmetic exact.
const (
	MaxUsers    = 1_000_000_000_000    // in all, or present at once
	MaxRate     = 1_000_000_000        // users or requests per second
	MaxDuration = 365 * 24 * time.Hour // in all
	MaxLevels   = 10_000               // of one meta step
)

const (
	atMostDuration = "at most 365 days"
	atMostUsers    = "at most 1000000000000"
)

// fault is what is wrong with an argument. A nil one is none.
type fault struct {
	call    string // the name in whose parentheses it stands
	problem string
	hint    string
}

// firstOf gives the first fault.
func firstOf(faults ...*fault) *fault {
	for _, f := range faults {
		if f != nil {
			return f
		}
	}
	return nil
}

func checkUsers(call string, users int) *fault {
	switch {
	case users < 0:
		return &fault{call, fmt.Sprintf("%d users: a number of users is not negative", users), ""}
	case users > MaxUsers:
		return &fault{call, fmt.Sprintf("%d users are too many", users), atMostUsers}
	}
	return nil
}

func checkRate(call string, rate float64) *fault {
	written := formatRate(rate)
	switch {
	case math.IsNaN(rate):
		return &fault{call, "a rate that is no number", ""}
	case rate < 0:
		return &fault{call, written + " per second: a rate is not negative", ""}
	case rate > MaxRate:
		return &fault{call, written + " per second are too many", fmt.Sprintf("at most %d", MaxRate)}
	case rate > 0 && exactRate(rate) == 0:
		return &fault{call, written + " per second is too little", "at least a billionth"}
	}
	return nil
}

func checkDuration(call string, d time.Duration) *fault {
	switch {
	case d < 0:
		return &fault{call, fmt.Sprintf("%s: a duration is not negative", d), ""}
	case d > MaxDuration:
		return &fault{call, fmt.Sprintf("%s is too long", d), atMostDuration}
	}
	return nil
}

// checkTime refuses what is not nothing and has no time to happen in.
func checkTime(call string, d time.Duration, something bool, what string, args ...any) *fault {
	if d == 0 && something {
		return &fault{call, fmt.Sprintf(what, args...) + " with a duration of 0", "give it a duration above 0"}
	}
	return checkDuration(call, d)
}

// exactRate gives a rate in billionths per second.
func exactRate(rate float64) uint64 { return uint64(math.Round(rate * ratePerSecond)) }

func formatRate(rate float64) string { return strconv.FormatFloat(rate, 'f', -1, 64) }

// formatDuration writes whole seconds as a plain number, and all else as Go does.
func formatDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.Itoa(int(d / time.Second))
	}
	return d.String()
}
