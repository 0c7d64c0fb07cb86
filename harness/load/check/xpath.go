package check

import (
	"errors"
	"fmt"
	"sync"

	"github.com/antchfx/xpath"
)

// XPath looks for what an XPath 1.0 expression selects: the texts of nodes, or the number, text or truth value that
// it has, such as "count(//li)". The body is XML if the answer says so, else HTML.
func XPath(expression string) Check {
	c := Check{what: "XPath " + expression}
	if err := compileXPath(expression); err != nil {
		return c.refuse(fmt.Errorf("column %d: %w", mistake(expression, compileXPath), err))
	}
	// An expression has a state of its own while it is evaluated, so users do not share one.
	compiled := sync.Pool{New: func() any { return xpath.MustCompile(expression) }}
	c.look = func(v *view) ([]any, error) {
		navigator, err := v.navigator()
		if err != nil {
			return nil, err
		}
		e := compiled.Get().(*xpath.Expr)
		values := evaluate(e, navigator)
		compiled.Put(e) // not after a panic
		return values, nil
	}
	return c
}

// compileXPath does not let the library panic.
func compileXPath(expression string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is no XPath expression: %v", p)
		}
	}()
	if expression == "" {
		return errors.New("the expression is empty")
	}
	_, err = xpath.Compile(expression)
	return err
}

func evaluate(e *xpath.Expr, navigator xpath.NodeNavigator) (values []any) {
	switch result := e.Evaluate(navigator).(type) {
	case *xpath.NodeIterator:
		for result.MoveNext() {
			values = append(values, result.Current().Value())
		}
	default:
		values = []any{result}
	}
	return values
}
