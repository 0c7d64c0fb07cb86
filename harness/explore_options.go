package harness

import (
	"context"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
	"github.com/seed49090845/lockstep/sync/schedule"
)

// ExploreOption says how a scenario is explored.
type ExploreOption func(*exploreOptions)

type exploreOptions struct {
	before     []func(ctx context.Context, n int) error
	invariants []invariant
	stored     func(ctx context.Context) (string, error)
	granules   Granularity
	from       []*Step
	named      []string
	background []string
	commute    schedule.Independence
	every      bool
	schedules  int
	failures   int
	time       time.Duration
	limit      time.Duration
	replays    int
	times      int
	twice      bool
	prefixes   int

	database             *pg.Gateway
	databases            int // how often it was given
	backgroundStatements []string
}

// Granularity is where sessions can be held. Add them up: StepStarts | Requests | Responses.
type Granularity uint8

// The places.
const (
	// StepStarts are before the bodies of steps.
	StepStarts Granularity = 1 << iota
	// Requests are before anything of a request has reached the server.
	Requests
	// Responses are when the head of a response has come, before the session sees it.
	Responses
	// Barriers are before a body waits at one.
	Barriers
)

func (o *exploreOptions) at(g Granularity) bool {
	if o.database != nil && g&Requests != 0 {
		return true
	}
	if o.granules == 0 {
		return g&(StepStarts|Requests) != 0
	}
	return o.granules&g != 0
}

// At says where sessions are held; without it, at StepStarts and Requests.
func At(g Granularity) ExploreOption { return func(o *exploreOptions) { o.granules |= g } }

// Before is called before each schedule, which are counted from 1, to make fresh data: a reset, or a tenant of its own. An error
// ends the exploration.
func Before(do func(ctx context.Context, n int) error) ExploreOption {
	return func(o *exploreOptions) { o.before = append(o.before, do) }
}

// Invariant is what must be so after each schedule, in words, and how it is checked: an error is a failure. To minimise one, schedules are run
// in which sessions and steps are left out, so a promise about what a step has done asks first whether it did.
func Invariant(promise string, check func(ctx context.Context) error) ExploreOption {
	return func(o *exploreOptions) { o.invariants = append(o.invariants, invariant{promise, check}) }
}

// Stored describes what the system has after a schedule, without what differs from run to run, for Twice.
func Stored(describe func(ctx context.Context) (string, error)) ExploreOption {
	return func(o *exploreOptions) { o.stored = describe }
}

// From says from where on points count: only what comes before one of these items runs unscheduled. Without it, all runs
// unscheduled that does not come after a step which has no order between it and one of another session, and the requests of what comes
// after all such steps are no points.
func From(steps ...*Step) ExploreOption {
	return func(o *exploreOptions) { o.from = append(o.from, steps...) }
}

// Named gives requests the names that points have: patterns as those of http.ServeMux, with a method or without, as in "POST
// /phonebooks/{id}/rename". The first that fits counts. Where none does, the segments of a path that are numbers or UUIDs
// become {id}.
func Named(patterns ...string) ExploreOption {
	return func(o *exploreOptions) { o.named = append(o.named, patterns...) }
}

// Background names requests, by patterns as those of Named, that are no points and that nobody waits for: a page's polling,
// a long poll. Streams of server-sent events and WebSockets are that by themselves. What a page needs to be shown (images,
// scripts, styles, fonts, its icon) is no point either, but is waited for.
func Background(patterns ...string) ExploreOption {
	return func(o *exploreOptions) { o.background = append(o.background, patterns...) }
}

// EveryOrder lets nothing commute: each order is tried, however alike they are.
func EveryOrder() ExploreOption { return func(o *exploreOptions) { o.every = true } }

// Commute says of more points, of different sessions, that their order does not matter.
func Commute(independent schedule.Independence) ExploreOption {
	return func(o *exploreOptions) { o.commute = independent }
}

// Schedules limits how many are run; zero means all that there are, and 200 where a strategy never ends by itself.
func Schedules(n int) ExploreOption { return func(o *exploreOptions) { o.schedules = n } }

// Within limits the time of the search; zero means as long as it takes. A schedule that has begun comes to its end.
func Within(d time.Duration) ExploreOption { return func(o *exploreOptions) { o.time = d } }

// Failures is how many are collected before the search ends; zero means one, a negative number all.
func Failures(n int) ExploreOption { return func(o *exploreOptions) { o.failures = n } }

// PointLimit is how long a session may take from one point to the next; zero means 2 s.
func PointLimit(d time.Duration) ExploreOption { return func(o *exploreOptions) { o.limit = d } }

// Replays limits how many schedules the minimisation of a failure runs; zero means 60, a negative number none: then it is kept
// as it was found. It looks for the few constraints that matter, and then leaves out what the failure does not need: sessions, then steps, with
// whatever requires these or meets them at a barrier, and preconditions of which all that comes after them is left out. A step is not left out whose requests
// have the names of later ones of its session: these would be counted anew.
func Replays(n int) ExploreOption { return func(o *exploreOptions) { o.replays = n } }

// Times is how often Replay runs its schedule; zero means once.
func Times(n int) ExploreOption { return func(o *exploreOptions) { o.times = n } }

// Twice runs one schedule twice in the end, where nothing failed, and tells in the result where both differ: what a system does
// by clock or by chance makes explorations of it worth less.
func Twice() ExploreOption { return func(o *exploreOptions) { o.twice = true } }

// Prefixes runs the minimised schedule of a failure from each of its prefixes on, so many times, with the rest at random, and
// tells after which point the failure was inevitable; zero leaves that out. A schedule of k points takes (k+1) times as many runs.
func Prefixes(runs int) ExploreOption { return func(o *exploreOptions) { o.prefixes = runs } }

// independent tells which points commute: what reaches no server with everything, and safe requests with each other.
func (e *exploration) independent(a, b schedule.Pending) bool {
	switch {
	case e.every:
		return false
	case e.commute != nil && e.commute(a, b):
		return true
	}
	return e.harmless(a.Point) || e.harmless(b.Point) || schedule.BothSafe(a, b)
}

// harmless tells whether what follows a point changes nothing that another session could see, whatever it is.
func (e *exploration) harmless(p schedule.Point) bool {
	switch kindOfPoint(p.What) {
	case pointRequest, pointAnswer: // after which the application goes on
		return e.database != nil && e.granules&Requests == 0
	case pointStart:
		return e.at(Requests) // then what the body sends is a point of its own
	case pointResponse, pointBarrier:
		return true
	}
	return false
}
