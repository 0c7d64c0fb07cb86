package control

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// What a Server refuses, to be found with errors.Is.
var (
	ErrInvalid         = errors.New("the run does not fit")
	ErrUnknownScenario = errors.New("unknown scenario")
	ErrUnknownRun      = errors.New("unknown run")
	ErrUnknownFile     = errors.New("no such report file")
	ErrExists          = errors.New("there is a run of that id")
	ErrTooMany         = errors.New("too many at once")
	ErrEnding          = errors.New("the service is ending")
	ErrInUse           = errors.New("another service uses it") // the database, at New
)

// problems says how errors are told: RFC 9457.
var problems = []struct {
	of     error
	status int
	kind   string
}{
	{ErrInvalid, http.StatusUnprocessableEntity, "invalid"},
	{ErrUnknownScenario, http.StatusUnprocessableEntity, "unknown-scenario"},
	{ErrUnknownRun, http.StatusNotFound, "unknown-run"},
	{ErrUnknownFile, http.StatusNotFound, "unknown-file"},
	{ErrExists, http.StatusConflict, "run-exists"},
	{ErrTooMany, http.StatusTooManyRequests, "too-many"},
	{ErrEnding, http.StatusServiceUnavailable, "ending"},
}

// problemType is what types of problems begin with.
const problemType = "urn:lockstep:problem:"

// problemOf is what the caller is told.
func problemOf(err error) *huma.ErrorModel {
	model := &huma.ErrorModel{Type: problemType + "internal", Status: http.StatusInternalServerError, Title: http.StatusText(http.StatusInternalServerError), Detail: hidden(err.Error())}
	for _, p := range problems {
		if errors.Is(err, p.of) {
			model.Type, model.Status, model.Title = problemType+p.kind, p.status, p.of.Error()
			break
		}
	}
	for _, one := range flat(err) {
		if field, ok := one.(*FieldError); ok { //nolint:errorlint // flat has unwrapped it
			model.Errors = append(model.Errors, &huma.ErrorDetail{Message: hidden(field.Message), Location: field.Field})
			model.Detail = "errors has all that is wrong"
		}
	}
	return model
}

// flat are the leaves of an error.
func flat(err error) []error {
	switch e := err.(type) { //nolint:errorlint // this is what unwraps
	case interface{ Unwrap() []error }:
		var all []error
		for _, one := range e.Unwrap() {
			all = append(all, flat(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return flat(inner)
		}
	}
	return []error{err}
}

// FieldError says what is wrong with a part of a Start. It does not repeat the value, which may be large, or secret.
type FieldError struct {
	// Field is its place, such as body.params.url.
	Field   string
	Message string
}

func (e *FieldError) Error() string { return strings.TrimPrefix(e.Field, "body.") + ": " + e.Message }

// wrong says what is wrong with a part of a Start.
func wrong(field, format string, args ...any) error {
	return &FieldError{Field: strings.TrimSuffix("body."+field, "."), Message: fmt.Sprintf(format, args...)}
}

// unfit is nil, or says that a Start does not fit.
func unfit(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
