package profile

import (
	"fmt"
	"time"
)

// ConstantConcurrentUsers holds a number of users present: all from the first moment, and one that ends is
// replaced.
func ConstantConcurrentUsers(users int) Lasting[Step] {
	return func(d time.Duration) Step { return constantConcurrentUsers{users, d} }
}

type constantConcurrentUsers struct {
	users int
	d     time.Duration
}

func (s constantConcurrentUsers) String() string {
	return fmt.Sprintf("constantConcurrentUsers(%d).during(%s)", s.users, formatDuration(s.d))
}

func (constantConcurrentUsers) model() Model { return Closed }

func (s constantConcurrentUsers) check() *fault {
	return firstOf(checkUsers("constantConcurrentUsers", s.users), checkTime("during", s.d, s.users > 0, "%d users", s.users))
}

func (s constantConcurrentUsers) lay(l *layout) {
	l.closed = append(l.closed, hold{s.users, s.users, s.d})
}

// RampConcurrentUsers moves the number of users present in a straight line: it changes by one whenever
// from + (to-from)·t/d passes a whole number.
func RampConcurrentUsers(from int) Towards[int, Step] {
	return func(to int) Lasting[Step] {
		return func(d time.Duration) Step { return rampConcurrentUsers{from, to, d} }
	}
}

type rampConcurrentUsers struct {
	from, to int
	d        time.Duration
}

func (s rampConcurrentUsers) String() string {
	return fmt.Sprintf("rampConcurrentUsers(%d).to(%d).during(%s)", s.from, s.to, formatDuration(s.d))
}

func (rampConcurrentUsers) model() Model { return Closed }

func (s rampConcurrentUsers) check() *fault {
	return firstOf(checkUsers("rampConcurrentUsers", s.from), checkUsers("to", s.to),
		checkTime("during", s.d, s.from > 0 || s.to > 0, "%d to %d users", s.from, s.to))
}

func (s rampConcurrentUsers) lay(l *layout) { l.closed = append(l.closed, hold{s.from, s.to, s.d}) }
