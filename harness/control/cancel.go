package control

import (
	"context"
	"fmt"
)

// Cancel interrupts a run and returns it when it has ended. Again, and for one that has ended, it changes nothing and
// returns the same.
func (s *Server) Cancel(ctx context.Context, id string) (*Run, error) {
	return s.cancel(ctx, id, false)
}

// CancelGracefully cancels a run, too, but lets its users finish for as long as they may at the end of a run
// (Start.GracefulStop). A Cancel in the meantime interrupts them.
func (s *Server) CancelGracefully(ctx context.Context, id string) (*Run, error) {
	return s.cancel(ctx, id, true)
}

func (s *Server) cancel(ctx context.Context, id string, graceful bool) (*Run, error) {
	r := s.find(id)
	if r == nil {
		return s.store.run(ctx, id)
	}
	r.abort(graceful)
	select {
	case <-r.done:
	case <-ctx.Done():
		return nil, fmt.Errorf("run %q was told to end, and has not ended yet: %w", id, context.Cause(ctx))
	}
	if run, _ := r.settled(); run != nil {
		return run, nil
	}
	return s.store.run(ctx, id) // it was refused in the meantime: there is none
}
