package load

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/seed49090845/lockstep/harness/load/profile"
	"github.com/seed49090845/lockstep/harness/load/stats"
)

// patience is how long a user function may go on after its context has ended, before it is left behind.
const patience = 5 * time.Second

// errGraceOver is the cause with which users are interrupted who did not finish in time.
var errGraceOver = errors.New("the time of the graceful stop is over")

// running is a scenario while it runs. Its states, in which reports show it:
//
//	state     until                                                          nobody is started
//	--------  -------------------------------------------------------------  -----------------
//	starting  its steps are over, a limit is reached, or the run is stopped
//	draining  the last user has ended, or those left were interrupted        x
//	ended                                                                    x
type running struct {
	Scenario
	engine   *engine
	seed     uint64
	plan     profile.Plan
	began    time.Time
	throttle *throttle // nil: none
	stats    *stats.Scenario
	errors   failures

	starting context.Context // ends when nobody is to be started, and no iteration begun, for a reason from outside
	arriving context.Context // ends with starting, or when there is nobody and limits let nobody come
	last     context.CancelFunc
	life     context.Context // of its users
	kill     context.CancelCauseFunc
	over     chan struct{} // closed when its steps are over: nobody is started any more
	users    sync.WaitGroup
	seats    chan struct{} // of an open model whose users present are limited; else nil
	crowd    *crowd        // of a closed model; else nil

	mu         sync.Mutex
	number     int // of the user who was started last
	present    int
	iterations int  // that were begun or are about to be
	exhausted  bool // a limit that counts was reached
}

// run starts users until nobody is to be started, and returns when the last has ended.
func (r *running) run() {
	r.starting = r.engine.starting
	if r.MaxDuration > 0 {
		limited, cancel := context.WithTimeout(r.starting, r.MaxDuration)
		defer cancel()
		r.starting = limited
	}
	r.arriving, r.last = context.WithCancel(r.starting)
	defer r.last()
	r.life, r.kill = context.WithCancelCause(r.engine.life)
	defer r.kill(nil)
	if r.model() == profile.Closed {
		r.hold()
	} else {
		r.arrive()
	}
	close(r.over)
	r.drain()
}

// arrivals are when users are to start, since the scenario began.
func (r *running) arrivals() iter.Seq[time.Duration] {
	if r.isStart() {
		return r.Start.Times()
	}
	return r.plan.Arrivals()
}

// arrive is the open model: users start when the plan says.
func (r *running) arrive() {
	if limit := max(r.MaxPresent, r.Start.Backlog); limit > 0 {
		r.seats = make(chan struct{}, limit)
	}
	var held time.Time // until when limits last held somebody back, and all who came after
	for at := range r.arrivals() {
		due := r.began.Add(at)
		if !waitUntil(r.arriving, due) {
			return
		}
		if free, seated := r.sit(); !seated {
			return
		} else if !free.IsZero() {
			held = free
		}
		number, ok := r.admit()
		if !ok {
			r.rise()
			return
		}
		if r.isStart() && r.Start.CPS == 0 && held.After(due) {
			due = held // nothing but a seat was to be waited for
		}
		a := arrival{number: number, due: due, held: held}
		r.users.Go(func() {
			defer r.rise()
			r.serve(r.life, a)
		})
	}
	if r.waitsAtEnd() {
		waitUntil(r.arriving, r.began.Add(r.plan.Duration()))
	}
}

// waitsAtEnd tells whether the last step only waits, which delays what comes after the scenario.
func (r *running) waitsAtEnd() bool {
	spans := r.Profile.Spans()
	return len(spans) > 0 && spans[len(spans)-1].Users == 0
}

// sit waits for a seat, and tells when one was free if it had to wait.
func (r *running) sit() (free time.Time, ok bool) {
	if r.seats == nil {
		return free, true
	}
	select {
	case r.seats <- struct{}{}:
		return free, true
	default:
	}
	select {
	case r.seats <- struct{}{}:
		return time.Now(), true
	case <-r.starting.Done():
		return free, false
	}
}

func (r *running) rise() {
	if r.seats != nil {
		<-r.seats
	}
}

// admit counts another user and its first iteration, unless limits refuse it.
func (r *running) admit() (number int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exhausted = r.exhausted || r.MaxUsers > 0 && r.number >= r.MaxUsers || !r.mayIterate()
	if r.exhausted || r.starting.Err() != nil {
		return 0, false
	}
	r.number++
	r.present++
	r.iterations++
	return r.number, true
}

func (r *running) mayIterate() bool { return r.MaxIterations == 0 || r.iterations < r.MaxIterations }

// repeat counts another iteration of a user, unless the limit refuses it.
func (r *running) repeat() bool {
	if r.MaxIterations == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mayIterate() {
		r.exhausted = true
		return false
	}
	r.iterations++
	return true
}

// depart notes that a user has ended.
func (r *running) depart() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.present--
	if r.exhausted && r.present == 0 {
		r.last()
	}
}

// left is how many users are present.
func (r *running) left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.present
}

// drain waits for the users who are present, for as long as they may take.
func (r *running) drain() {
	gone := make(chan struct{})
	go func() {
		r.users.Wait()
		close(gone)
	}()
	grace := max(r.GracefulStop, 0)
	if r.GracefulStop == 0 {
		grace = DefaultGracefulStop
	}
	if !finished(gone, r.life.Done(), grace) {
		r.kill(errGraceOver)
		if !finished(gone, nil, patience) {
			r.engine.problem("scenario %q: %d users ignored the end of their context for %v and were left behind", r.Name, r.left(), patience)
		}
	}
}

// finished waits until something is gone, unless that is cut short or takes too long.
func finished(gone, cut <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-gone:
		return true
	case <-cut:
	case <-timer.C:
	}
	select {
	case <-gone:
		return true
	default:
		return false
	}
}

// isOver tells whether nobody is started any more.
func (r *running) isOver() bool {
	select {
	case <-r.over:
		return true
	default:
		return false
	}
}
