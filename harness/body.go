package harness

import (
	"context"
	"fmt"
	"reflect"

	"github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/sessions"
)

// body is what an item runs, whatever the type of the function that was given.
type body func(ctx context.Context, g gomega.Gomega, s sessions.Session) error

// bind makes a body of the function, or notes what is wrong with it.
func (sc *Scenario) bind(s *Step, given any) body {
	if given == nil {
		sc.mistake(s.place, s.label()+" has no body", "give it a func(ctx context.Context, g Gomega, s *sessions.Browser) error")
		return nil
	}
	given = plainFunc(given)
	for _, typed := range []func(any) (body, sessions.Kind, bool){bindTo[*sessions.Browser], bindTo[*sessions.HTTP], bindTo[sessions.Session]} {
		bound, kind, ok := typed(given)
		switch {
		case !ok:
			continue
		case bound == nil:
			sc.mistake(s.place, s.label()+" has a nil body", "give it the function that it should run")
		case kind != "" && s.session != nil && kind != s.session.kind:
			sc.mistake(s.place,
				fmt.Sprintf("the body of %s is for a session of kind %s, and %s is of kind %s", s.label(), kind, s.session.Name(), s.session.kind),
				fmt.Sprintf("take %s in the body, or declare the session differently", typeOf(s.session.kind)))
		}
		return bound
	}
	sc.mistake(s.place, fmt.Sprintf("the body of %s is a %T", s.label(), given),
		"want func(ctx context.Context, g Gomega, s *sessions.Browser) error, or with *sessions.HTTP or sessions.Session")
	return nil
}

// bindTo recognises functions that take sessions of type S, with or without an error.
func bindTo[S sessions.Session](given any) (body, sessions.Kind, bool) {
	var zero S
	kind := kindOf(zero)
	switch f := given.(type) {
	case func(context.Context, gomega.Gomega, S) error:
		if f == nil {
			return nil, kind, true
		}
		return func(ctx context.Context, g gomega.Gomega, s sessions.Session) error { return f(ctx, g, s.(S)) }, kind, true
	case func(context.Context, gomega.Gomega, S):
		if f == nil {
			return nil, kind, true
		}
		return func(ctx context.Context, g gomega.Gomega, s sessions.Session) error {
			f(ctx, g, s.(S))
			return nil
		}, kind, true
	}
	return nil, kind, false
}

// plainFunc takes the name off a function type that the author declared: type steps func(ctx, g, s).
func plainFunc(given any) any {
	v := reflect.ValueOf(given)
	if v.Kind() != reflect.Func || v.Type().Name() == "" {
		return given
	}
	in := make([]reflect.Type, v.Type().NumIn())
	for i := range in {
		in[i] = v.Type().In(i)
	}
	out := make([]reflect.Type, v.Type().NumOut())
	for i := range out {
		out[i] = v.Type().Out(i)
	}
	return v.Convert(reflect.FuncOf(in, out, v.Type().IsVariadic())).Interface()
}

// kindOf is the kind of sessions of the type of the value; empty for the interface, which fits all.
func kindOf(value any) sessions.Kind {
	switch value.(type) {
	case *sessions.Browser:
		return browserSession
	case *sessions.HTTP:
		return httpSession
	}
	return ""
}

func typeOf(kind sessions.Kind) string {
	if kind == httpSession {
		return "*sessions.HTTP"
	}
	return "*sessions.Browser"
}
