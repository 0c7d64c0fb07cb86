package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seed49090845/lockstep/harness/load"
)

// Scenario is what the service can run, under a name. Define makes one.
type Scenario struct {
	name, about string
	schema      *huma.Schema
	types       huma.Registry
	prepare     func(context.Context, json.RawMessage) (Prepared, error)
}

// Prepared is what a run consists of.
type Prepared struct {
	// Scenarios are let loose together. What a caller says of profiles is for the first of them; the others, and all that
	// come after them, have their own.
	Scenarios []load.Scenario
	// Notes are what is to be known before the run; they are among its problems.
	Notes []string
	// Close is called when the run has ended, or if it never starts; nil: there is nothing to close.
	Close func() error
}

// end closes what the run had.
func (p *Prepared) end() (err error) {
	if p.Close == nil {
		return nil
	}
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("closing it panicked: %v", value)
		}
	}()
	return p.Close()
}

// One is a run of one scenario, which needs no closing.
func One(s load.Scenario) Prepared { return Prepared{Scenarios: []load.Scenario{s}} }

// Define makes a scenario that can be run by its name. P is a struct: the parameters of a run, which are checked against
// the types and the tags of its fields (json, doc, minimum, enum…; see package huma) before prepare is called. The
// context of prepare ends with the run; its error refuses the run, and so does a panic.
func Define[P any](name, about string, prepare func(ctx context.Context, params P) (Prepared, error)) Scenario {
	types := huma.NewMapRegistry("#/$defs/", huma.DefaultSchemaNamer)
	s := Scenario{name: name, about: about, types: types, schema: huma.SchemaFromType(types, reflect.TypeFor[P]())}
	s.prepare = func(ctx context.Context, raw json.RawMessage) (prepared Prepared, err error) {
		var params P
		if err := s.decode(raw, &params); err != nil {
			return Prepared{}, err
		}
		defer func() {
			if value := recover(); value != nil {
				prepared, err = Prepared{}, fmt.Errorf("scenario %q panicked: %v", name, value)
			}
		}()
		return prepare(ctx, params)
	}
	return s
}

var scenarioName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$`)

// catalogue are scenarios by name.
func catalogue(all []Scenario) (map[string]Scenario, error) {
	named := map[string]Scenario{}
	var errs []error
	for _, s := range all {
		switch {
		case s.prepare == nil:
			errs = append(errs, invalid("scenario %q was not made by Define", s.name))
		case !scenarioName.MatchString(s.name):
			errs = append(errs, invalid("scenario %q: want a name of letters, digits, blanks, dots, dashes", s.name))
		case s.schema.Type != huma.TypeObject:
			errs = append(errs, invalid("scenario %q: its parameters are no struct", s.name))
		}
		if _, twice := named[s.name]; twice {
			errs = append(errs, invalid("scenario %q: there are two of that name", s.name))
		}
		named[s.name] = s
	}
	return named, errors.Join(errs...)
}

// decode checks parameters against the schema, and reads them. All that is wrong is told at once.
func (s *Scenario) decode(raw json.RawMessage, params any) error {
	if len(raw) == 0 || string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return wrong("params", "%v", err)
	}
	var result huma.ValidateResult
	huma.Validate(s.types, s.schema, huma.NewPathBuffer([]byte("body.params"), len("body.params")), huma.ModeWriteToServer, plain, &result)
	if len(result.Errors) > 0 {
		return errors.Join(withoutValue(result.Errors)...)
	}
	if err := json.Unmarshal(raw, params); err != nil {
		return wrong("params", "%v", err)
	}
	return nil
}

// withoutValue keeps what is wrong, and where.
func withoutValue(all []error) (kept []error) {
	for _, err := range all {
		if detail, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			err = &FieldError{detail.Location, detail.Message}
		}
		kept = append(kept, err)
	}
	return kept
}

// published is the schema with all that it refers to.
func (s *Scenario) published() (json.RawMessage, error) {
	whole, err := json.Marshal(s.schema)
	if err != nil {
		return nil, err
	}
	var members map[string]any
	if err := json.Unmarshal(whole, &members); err != nil {
		return nil, err
	}
	if defs := s.types.Map(); len(defs) > 0 {
		members["$defs"] = defs
	}
	return json.Marshal(members)
}
