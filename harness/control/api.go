package control

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// ScenarioInfo is what callers learn of a scenario.
type ScenarioInfo struct {
	Name   string          `json:"name"`
	About  string          `json:"about"`
	Params json.RawMessage `json:"params" doc:"JSON Schema of its parameters"`
}

type (
	empty struct{}
	byID  struct {
		ID string `path:"id" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$"`
	}
	limited struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many, the latest first"`
		Before string `query:"before" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$" doc:"Only those that started before the run of this id: the last of a list leads to the next one"`
	}
	cancelInput struct {
		ID   string `path:"id" maxLength:"64" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]*$"`
		Body *struct {
			Graceful bool `json:"graceful,omitempty" doc:"Users may finish, for as long as graceful_stop says; else they are interrupted"`
		}
	}
	startInput struct{ Body Start }
	created    struct {
		Location string `header:"Location"`
		Body     *Run
	}
	one  struct{ Body *Run }
	list struct {
		Body struct {
			Runs []RunSummary `json:"runs" nullable:"false"`
		}
	}
	scenarioList struct {
		Body struct {
			Scenarios []ScenarioInfo `json:"scenarios" nullable:"false"`
		}
	}
)

const (
	// largeBody is one that takes much memory to read, in bytes, and largeBodies how many of them are read at once.
	largeBody, largeBodies = 1 << 20, 2
)

// describe makes the API on a mux.
func (s *Server) describe(mux humago.Mux) {
	config := huma.DefaultConfig("Lockstep run service", "1")
	config.Info.Description = "Starts, queries and cancels runs of scenarios. Queries change nothing. Errors are problem documents (RFC 9457)."
	config.DocsPath, config.SchemasPath = "", "" // the page of documents would be another's script
	config.CreateHooks = nil                     // no links to schemas in each answer
	config.RejectUnknownQueryParameters = true
	config.NoFormatFallback = false
	config.Transformers = append(config.Transformers, withoutValues)
	if s.options.Token != "" {
		config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
		config.Security = []map[string][]string{{"token": {}}}
	}
	s.operations(humago.New(mux, config))
}

func (s *Server) operations(api huma.API) {
	anyCall := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusInternalServerError}
	with := func(more ...int) []int { return append(slices.Clone(anyCall), more...) }
	huma.Register(api, huma.Operation{OperationID: "start", Method: http.MethodPost, Path: "/api/runs", Summary: "Start a run", DefaultStatus: http.StatusCreated,
		Middlewares:  huma.Middlewares{s.fewLarge},
		MaxBodyBytes: s.options.Limits.Body, BodyReadTimeout: bodyPatience, Errors: with(http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusTooManyRequests, http.StatusServiceUnavailable)},
		func(ctx context.Context, in *startInput) (*created, error) {
			run, err := s.Start(ctx, in.Body)
			if err != nil {
				return nil, problemOf(err)
			}
			return &created{"/api/runs/" + run.ID, run}, nil
		})
	huma.Register(api, huma.Operation{OperationID: "list", Method: http.MethodGet, Path: "/api/runs", Summary: "List runs, the latest first", Errors: with(http.StatusNotFound)},
		func(ctx context.Context, in *limited) (*list, error) {
			out := &list{}
			var err error
			if out.Body.Runs, err = s.Runs(ctx, in.Limit, in.Before); err != nil {
				return nil, problemOf(err)
			}
			return out, nil
		})
	huma.Register(api, huma.Operation{OperationID: "query", Method: http.MethodGet, Path: "/api/runs/{id}", Summary: "What is known of a run", Errors: with(http.StatusNotFound)},
		func(ctx context.Context, in *byID) (*one, error) { return answer(s.Run(ctx, in.ID)) })
	huma.Register(api, huma.Operation{OperationID: "cancel", Method: http.MethodPost, Path: "/api/runs/{id}/cancel", Summary: "Cancel a run",
		Description:  "Interrupts its executions, or lets them finish, and answers when it has ended. Again, and for a run that has ended, it changes nothing.",
		MaxBodyBytes: 1 << 10, BodyReadTimeout: bodyPatience, Errors: with(http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)},
		func(ctx context.Context, in *cancelInput) (*one, error) {
			return answer(s.cancel(ctx, in.ID, in.Body != nil && in.Body.Graceful))
		})
	s.stream(api, with(http.StatusNotFound, http.StatusTooManyRequests))
	s.files(api, with(http.StatusNotFound))
	huma.Register(api, huma.Operation{OperationID: "scenarios", Method: http.MethodGet, Path: "/api/scenarios", Summary: "What can be run", Errors: anyCall},
		func(context.Context, *empty) (*scenarioList, error) { return s.published() })
}

// fewLarge lets a few large bodies be read at once.
func (s *Server) fewLarge(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if r.ContentLength >= 0 && r.ContentLength <= largeBody {
		next(ctx)
		return
	}
	select {
	case s.large <- struct{}{}:
		defer func() { <-s.large }()
		next(ctx)
	default:
		refuse(w, http.StatusTooManyRequests, "too-many", fmt.Errorf("%w: %d bodies of more than %d bytes are being read, which is the limit", ErrTooMany, largeBodies, largeBody))
	}
}

func answer(run *Run, err error) (*one, error) {
	if err != nil {
		return nil, problemOf(err)
	}
	return &one{run}, nil
}

// published are all scenarios by name.
func (s *Server) published() (*scenarioList, error) {
	out := &scenarioList{}
	for _, name := range slices.Sorted(maps.Keys(s.scenarios)) {
		scenario := s.scenarios[name]
		params, err := scenario.published()
		if err != nil {
			return nil, problemOf(err)
		}
		out.Body.Scenarios = append(out.Body.Scenarios, ScenarioInfo{name, scenario.about, params})
	}
	return out, nil
}

// withoutValues keeps problems from repeating what was sent: it may be large, or secret.
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	if model, ok := v.(*huma.ErrorModel); ok {
		for _, detail := range model.Errors {
			if detail != nil {
				detail.Value = nil
			}
		}
	}
	return v, nil
}
