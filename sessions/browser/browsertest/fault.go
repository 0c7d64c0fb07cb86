package browsertest

import (
	"context"
	"errors"
)

// Method is a call that can fail.
type Method string

// The methods of browser.Driver, browser.Connection and browser.Page that can fail.
const (
	Connect       Method = "connect"
	NewPage       Method = "new page"
	Navigate      Method = "navigate"
	Click         Method = "click"
	Fill          Method = "fill"
	Press         Method = "press"
	Evaluate      Method = "evaluate"
	Screenshot    Method = "screenshot"
	Arrive        Method = "arrive"
	ForgetHistory Method = "forget history"
	Close         Method = "close"
)

// Call is one call, before it is made.
type Call struct {
	Method Method
	// N counts the calls of this method through the driver, all pages together, from 1.
	N int
	// Page is nil for Connect and NewPage.
	Page *Page
	// Argument is the address, selector (with the text, for Fill), key or expression.
	Argument string
}

// Fault is the type of Driver.Fault.
type Fault = func(context.Context, Call) error

// Fail lets the n-th call of a method fail with this error; zero means every call.
func Fail(method Method, n int, err error) Fault {
	return func(_ context.Context, call Call) error {
		if call.Method == method && (n == 0 || call.N == n) {
			return err
		}
		return nil
	}
}

// Block lets the n-th call of a method hang until its context ends; zero means every call.
func Block(method Method, n int) Fault {
	return func(ctx context.Context, call Call) error {
		if call.Method == method && (n == 0 || call.N == n) {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	}
}

// Hold lets the n-th call of a method wait until released is closed; zero means every call. The call goes on
// then. Reached, if it is not nil, gets a value whenever a call begins to wait; it must have room or a reader.
func Hold(method Method, n int, reached chan<- struct{}, released <-chan struct{}) Fault {
	return func(ctx context.Context, call Call) error {
		if call.Method != method || n != 0 && call.N != n {
			return nil
		}
		if reached != nil {
			reached <- struct{}{}
		}
		select {
		case <-released:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Faults asks one after another and joins what they return.
func Faults(all ...Fault) Fault {
	return func(ctx context.Context, call Call) error {
		var errs []error
		for _, fault := range all {
			errs = append(errs, fault(ctx, call))
		}
		return errors.Join(errs...)
	}
}
