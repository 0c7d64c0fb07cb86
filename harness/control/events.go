package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/seed49090845/lockstep/harness/load/report"
)

const eventInterval = 500 * time.Millisecond

// The names of events.
const (
	EventRun   = "run"   // a Run; its buckets are those that have changed since the event before
	EventEnded = "ended" // a Run that has ended, whole; the last event
)

// Follow calls send with what is known of a run, now and twice a second until it has ended; the last call has ended set and
// the whole run. In the others, buckets are only those that may have changed since the call before. It returns what send
// does, or why the context ended. It changes nothing.
func (s *Server) Follow(ctx context.Context, id string, send func(run *Run, ended bool) error) error {
	ticker := time.NewTicker(eventInterval)
	defer ticker.Stop()
	var last []report.Moment
	for {
		run, err := s.Run(ctx, id)
		if err != nil {
			return err
		}
		if run.State != Running {
			return send(run, true)
		}
		whole := run.Buckets
		some := *run
		some.Buckets = news(last, whole)
		last = whole
		if err := send(&some, false); err != nil {
			return err
		}
		var done chan struct{}
		if r := s.find(id); r != nil {
			done = r.done
		}
		select {
		case <-ticker.C:
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// news are the buckets that may have changed: from the last one that was known, or all if they became wider.
func news(known, now []report.Moment) []report.Moment {
	if len(known) == 0 || len(now) == 0 {
		return now
	}
	last := known[len(known)-1]
	i := slices.IndexFunc(now, func(m report.Moment) bool { return m.AtMS == last.AtMS })
	wider := len(known) > 1 && len(now) > 1 && now[0].WidthMS != known[0].WidthMS
	if i < 0 || wider {
		return now
	}
	return now[i:]
}

// stream is the operation that sends events.
func (s *Server) stream(api huma.API, errors []int) {
	huma.Register(api, huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: "/api/runs/{id}/events", Summary: "A run as it goes on, as server-sent events", Errors: errors,
		Description: `Events "` + EventRun + `" have a run whose buckets are those that may have changed since the event before; the last event is "` + EventEnded + `", with the whole run.`,
		Responses: map[string]*huma.Response{"200": {Description: "Events", Content: map[string]*huma.MediaType{
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
		}}},
	}, func(ctx context.Context, in *byID) (*huma.StreamResponse, error) {
		if _, err := s.Run(ctx, in.ID); err != nil {
			return nil, problemOf(err)
		}
		select {
		case s.streams <- struct{}{}:
		default:
			return nil, problemOf(fmt.Errorf("%w: %d streams of events are open, which is the limit", ErrTooMany, cap(s.streams)))
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			defer func() { <-s.streams }()
			_, w := humago.Unwrap(ctx)
			w.Header().Set("Content-Type", "text/event-stream")
			control := http.NewResponseController(w)
			_ = s.Follow(ctx.Context(), in.ID, func(run *Run, ended bool) error { return event(w, control, run, ended) }) // the client is gone
		}}, nil
	})
}

func event(w http.ResponseWriter, control *http.ResponseController, run *Run, ended bool) error {
	data, err := json.Marshal(run)
	if err != nil {
		return err
	}
	name := EventRun
	if ended {
		name = EventEnded
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return err
	}
	return control.Flush()
}
