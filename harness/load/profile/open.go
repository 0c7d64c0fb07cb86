package profile

import (
	"fmt"
	"time"
)

// NothingFor waits.
func NothingFor(d time.Duration) Step { return nothingFor{d} }

type nothingFor struct{ d time.Duration }

func (s nothingFor) String() string { return "nothingFor(" + formatDuration(s.d) + ")" }

func (nothingFor) model() Model { return Open }

func (s nothingFor) check() *fault { return checkDuration("nothingFor", s.d) }

func (s nothingFor) lay(l *layout) { l.open = append(l.open, spread{0, s.d}) }

// AtOnceUsers has a number of users arrive at the same moment.
func AtOnceUsers(users int) Step { return atOnceUsers{users} }

type atOnceUsers struct{ users int }

func (s atOnceUsers) String() string { return fmt.Sprintf("atOnceUsers(%d)", s.users) }

func (atOnceUsers) model() Model { return Open }

func (s atOnceUsers) check() *fault { return checkUsers("atOnceUsers", s.users) }

func (s atOnceUsers) lay(l *layout) { l.open = append(l.open, spread{s.users, 0}) }

// RampUsers has a number of users arrive at equal distances, the first at the start: user k of n at k·d/n. With a
// duration of 0 they arrive at once.
func RampUsers(users int) Lasting[Step] {
	return func(d time.Duration) Step { return rampUsers{users, d} }
}

type rampUsers struct {
	users int
	d     time.Duration
}

func (s rampUsers) String() string {
	return fmt.Sprintf("rampUsers(%d).during(%s)", s.users, formatDuration(s.d))
}

func (rampUsers) model() Model { return Open }

func (s rampUsers) check() *fault {
	return firstOf(checkUsers("rampUsers", s.users), checkDuration("during", s.d))
}

func (s rampUsers) lay(l *layout) { l.open = append(l.open, spread{s.users, s.d}) }

// StressPeakUsers has a number of users arrive along a smooth approximation of Heaviside's step function,
// stretched to the duration: few, then ever more until half time, then ever fewer. With inv(u) = erfinv(2u/(n+2) -
// 1) and t0 = |inv(1)|, user i = 1…n arrives at d/2 · (inv(i)+t0)/t0, rounded to the nearest nanosecond.
func StressPeakUsers(users int) Lasting[Step] {
	return func(d time.Duration) Step { return stressPeakUsers{users, d} }
}

type stressPeakUsers struct {
	users int
	d     time.Duration
}

func (s stressPeakUsers) String() string {
	return fmt.Sprintf("stressPeakUsers(%d).during(%s)", s.users, formatDuration(s.d))
}

func (stressPeakUsers) model() Model { return Open }

func (s stressPeakUsers) check() *fault {
	return firstOf(checkUsers("stressPeakUsers", s.users), checkDuration("during", s.d))
}

func (s stressPeakUsers) lay(l *layout) { l.open = append(l.open, peak{s.users, s.d}) }
