package virtual

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/seed49090845/lockstep/sessions"
)

// Get asks for a path.
func (u *User) Get(ctx context.Context, path string) (*Response, error) {
	return u.Do(ctx, Request{Path: path})
}

// Do sends a request, follows redirects, reads the whole answer and checks it. It yields one sample. The response
// is nil if no answer came; where there was one and something else failed, there are both.
//
// A status that the check refuses is an error, too. All errors are a *sessions.SessionError around an *Error.
func (u *User) Do(ctx context.Context, r Request) (*Response, error) {
	start := time.Now()
	c := &u.call
	failure := u.prepare(&r, c)
	u.begin(c.method, r.Path, start)
	u.sample = Sample{User: u.identity.Name, Name: r.Name, Group: u.group, Intended: u.intended, Start: start}
	if r.Name == "" {
		u.sample.Name = u.names.of(c.method, r.Path)
	}
	u.sample.HeldUntil = u.heldUntil
	u.intended, u.heldUntil = time.Time{}, time.Time{}

	response := &u.response
	*response = Response{user: u, method: c.method, answer: &u.answer}
	if failure == nil {
		failure = u.follow(ctx, c, start)
	}
	end := time.Now()
	response.Took = end.Sub(start)
	if failure == nil {
		failure = u.verify(&r)
	}
	u.record(failure, end)
	u.finish(failure, end)
	if response.Status == 0 {
		response = nil
	}
	if failure != nil {
		return response, u.explain(c.method, r.Path, end.Sub(start), failure)
	}
	return response, nil
}

// verify checks the answer.
func (u *User) verify(r *Request) *Error {
	if r.Check == nil {
		return u.response.expectStatus()
	}
	if err := r.Check.Check(&u.response); err != nil {
		return fail(Unexpected, u.target.options.Redactor.Text(err.Error()), err)
	}
	return nil
}

// record hands the sample over.
func (u *User) record(failure *Error, end time.Time) {
	if u.recorder == nil {
		return
	}
	s := &u.sample
	s.End, s.Status, s.Redirects = end, u.response.Status, u.response.Redirects
	if failure != nil {
		s.Class, s.Message = failure.Class, failure.Message
	}
	u.recorder.Record(s)
}

func (u *User) explain(method, path string, took time.Duration, failure *Error) error {
	return &sessions.SessionError{Session: u.Name(), Err: &sessions.ActionError{
		Action: u.phrase(method, path), Waited: took, Hint: failure.hint(), Err: failure,
	}}
}

// ended tells what ended the request from outside: the context or the user's own end.
func (u *User) ended(ctx context.Context) *Error {
	if ctx.Err() != nil {
		return fail(Interrupted, "interrupted: the context ended", context.Cause(ctx))
	}
	if err := u.Lifetime.Err(); err != nil {
		return fail(Interrupted, "interrupted: the user was closed", err)
	}
	return nil
}

// follow sends a call and those that its redirects lead to.
func (u *User) follow(ctx context.Context, c *call, start time.Time) *Error {
	u.visited = u.visited[:0]
	total := start.Add(u.target.options.Timeouts.Total)
	for now := start; ; now = time.Now() {
		u.visited = append(u.visited, visit{c.method, c.place, u.cookies.Changes()})
		c.cookies = u.cookies.Append(c.cookies[:0], c.place.cookies(), now)
		bytes, failure := u.transport.exchange(ctx, c, now, total)
		u.sample.Sent += bytes.sent
		u.sample.Received += bytes.received
		if failure != nil {
			return failure
		}
		if failure := u.accept(c, now); failure != nil {
			return failure
		}
		location := u.location()
		if location == "" {
			return nil
		}
		if failure := u.redirect(c, location); failure != nil {
			return failure
		}
		u.response.Redirects++
	}
}

// accept takes over what an answer brings.
func (u *User) accept(c *call, now time.Time) *Error {
	for _, line := range u.answer.Header.Cookies() {
		u.cookies.Store(c.place.cookies(), line, now)
	}
	u.response.Status, u.response.place = u.answer.StatusCode(), c.place
	u.response.Body = u.answer.Body()
	if !u.target.options.Compression || len(u.response.Body) == 0 {
		return nil
	}
	body, err := u.answer.BodyUncompressedWithLimit(u.target.options.MaxBody)
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		return u.explainAnswer(err)
	}
	if err != nil {
		return fail(Malformed, "the answer cannot be unpacked ("+short(u.response.Header("Content-Encoding"), u.target.options.Redactor)+"): "+err.Error(), err)
	}
	u.response.Body = body
	return nil
}

// ClassOf tells what kind of failure an error of Do is: OK for nil, and for errors that are not Do's.
func ClassOf(err error) Class {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.Class
	}
	return OK
}

// visit is a step on the way of redirects.
type visit struct {
	method  string
	place   place
	changes uint64 // of the cookies, when it was sent
}

// location is where the answer redirects to; empty if it does not, or if redirects are not followed.
func (u *User) location() string {
	switch u.answer.StatusCode() {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if u.target.options.MaxRedirects > 0 {
			return string(u.answer.Header.Peek("Location"))
		}
	}
	return ""
}
