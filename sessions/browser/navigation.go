package browser

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Navigation follows a window that is on its way to another page, by the events of its main frame. Drivers feed it
// in the order in which the browser sent them, and before the answer to any command that came after. The zero value
// is a window that stays where it is.
//
//	phase      event                                   next phase
//	---------  --------------------------------------  ----------
//	still      frameRequestedNavigation                requested
//	still,     frameStartedNavigating,                 under way
//	requested  frameStartedLoading
//	under way  frameNavigated                          arriving
//	arriving   domContentEventFired                    still
//	any        frameStoppedLoading                     still
type Navigation struct {
	mu      sync.Mutex
	phase   navigationPhase
	change  chan struct{} // closed when the phase changes
	refused bool          // the gateway answered in the server's place
}

type navigationPhase uint8

const (
	still navigationPhase = iota
	requested
	underWay
	arriving
)

// requestedLimit is how long a navigation that a page asked for may take to begin. Some never do: a mail address, a
// page that does not want to be left.
const requestedLimit = 500 * time.Millisecond

// Observe takes an event of the domain Page, by its method, of the main frame.
func (n *Navigation) Observe(method string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch method {
	case "Page.frameRequestedNavigation":
		if n.phase == still {
			n.set(requested)
		}
	case "Page.frameStartedNavigating", "Page.frameStartedLoading":
		n.refused = false
		n.set(underWay)
	case "Page.frameNavigated":
		n.set(arriving)
	case "Page.domContentEventFired":
		if n.phase == arriving {
			n.set(still)
		}
	case "Page.frameStoppedLoading":
		n.set(still)
	}
}

// set changes the phase; the lock is held.
func (n *Navigation) set(phase navigationPhase) {
	n.phase = phase
	if n.change != nil {
		close(n.change)
		n.change = nil
	}
}

func (n *Navigation) now() (navigationPhase, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.change == nil {
		n.change = make(chan struct{})
	}
	return n.phase, n.change
}

// Wait returns when the window is on the way to no page: at once, or when the page that it goes to has been parsed.
func (n *Navigation) Wait(ctx context.Context) error {
	unlikely := time.NewTimer(requestedLimit)
	defer unlikely.Stop()
	for {
		phase, change := n.now()
		if phase == still {
			return nil
		}
		var never <-chan time.Time
		if phase == requested {
			never = unlikely.C
		}
		select {
		case <-change:
		case <-never:
			n.giveUp()
		case <-ctx.Done():
			return fmt.Errorf("the page that it goes to has not come: %w", context.Cause(ctx))
		}
	}
}

// giveUp forgets a navigation that did not begin.
func (n *Navigation) giveUp() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.phase == requested {
		n.set(still)
	}
}
