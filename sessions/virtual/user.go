package virtual

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/virtual/jar"
)

// User is one virtual user of a target. Its owner calls Close.
type User struct {
	browser.Lifetime
	identity  sessions.Identity
	target    *Target
	recorder  Recorder
	transport transport

	// Of the goroutine that uses it.
	cookies   jar.Jar
	headers   []header
	variables map[string]any
	group     string
	intended  time.Time
	heldUntil time.Time
	names     names
	watch     watch
	call      call
	visited   []visit
	answer    fasthttp.Response
	response  Response
	sample    Sample

	current atomic.Pointer[line] // the connection that is or was last in use
	seen    seen
}

var _ sessions.Session = (*User)(nil)

// transport sends a call and reads its answer.
type transport interface {
	// exchange fills the user's answer. It ends at the time that is given, or when the context or the user does.
	exchange(ctx context.Context, c *call, start, until time.Time) (traffic, *Error)
	close()
}

// traffic is bytes on the wire.
type traffic struct{ sent, received int64 }

// User opens a user; nothing is sent yet, and no connection made. Recorder may be nil.
func (t *Target) User(id sessions.Identity, recorder Recorder) (*User, error) {
	if id.Name == "" {
		return nil, invalid("a session needs a name")
	}
	u := &User{Lifetime: browser.NewLifetime(), identity: id, target: t, recorder: recorder}
	switch {
	case t.options.HTTP2:
		u.transport = newStandard(u)
	case t.options.Connections != nil:
		u.transport = &plain{user: u, connections: t.options.Connections, shared: true}
	default:
		u.transport = &plain{user: u, connections: &Connections{}}
	}
	return u, nil
}

// Name implements sessions.Session.
func (u *User) Name() string { return u.identity.Name }

// Tenant implements sessions.Session.
func (u *User) Tenant() string { return u.identity.Tenant }

// Kind implements sessions.Session.
func (u *User) Kind() sessions.Kind { return sessions.KindHTTP }

// Err implements sessions.Session.
func (u *User) Err() error {
	if err := u.Lifetime.Err(); err != nil {
		return &sessions.SessionError{Session: u.Name(), Err: err}
	}
	return nil
}

// Close implements sessions.Session. A request in progress ends at once.
func (u *User) Close(context.Context) error {
	u.End(fmt.Errorf("virtual user: %w", browser.ErrClosed))
	u.interrupt()
	u.watch.end()
	u.transport.close()
	return nil
}

// Target is whose user it is.
func (u *User) Target() *Target { return u.target }

// SetHeader lets all later requests have a header, such as Authorization, in place of the target's; an empty value
// takes it out, the target's too.
func (u *User) SetHeader(name, value string) error {
	if err := checkHeader(name, value); err != nil {
		return err
	}
	name = http.CanonicalHeaderKey(name)
	for i := range u.headers {
		if u.headers[i].name == name {
			u.headers[i].value = value
			return nil
		}
	}
	u.headers = append(u.headers, header{name, value})
	return nil
}

// SetCookie keeps a cookie as if the target had set it on its base address: "name=value; Path=/".
func (u *User) SetCookie(line string) {
	u.cookies.Store(place{u.target.origin, u.target.base.EscapedPath()}.cookies(), []byte(line), time.Now())
}

// Cookie is the value of a cookie that the path would get.
func (u *User) Cookie(name, path string) (string, bool) {
	at, err := u.target.resolve(path)
	if err != nil {
		return "", false
	}
	return u.cookies.Value(name, at.cookies(), time.Now())
}

// SetVar keeps a variable of the user.
func (u *User) SetVar(name string, value any) {
	if u.variables == nil {
		u.variables = map[string]any{}
	}
	u.variables[name] = value
}

// Var is a variable of the user, nil if it was never set.
func (u *User) Var(name string) any { return u.variables[name] }

// VarText is a variable as text, empty if it was never set.
func (u *User) VarText(name string) string {
	switch value := u.variables[name].(type) {
	case nil:
		return ""
	case string:
		return value
	default:
		return fmt.Sprint(value)
	}
}

// Group names the requests that body sends as a group of statistics; groups within groups are paths.
func (u *User) Group(name string, body func() error) error {
	outer := u.group
	defer func() { u.group = outer }()
	u.group = name
	if outer != "" {
		u.group = outer + "/" + name
	}
	return body()
}

// Intend says when the next request was to start, for statistics that do not omit the time that it had to wait.
func (u *User) Intend(start time.Time) { u.intended = start }

// HeldUntil says that the next request was held back on purpose, by a limit on users, say, so that what it waited
// until then is not the lateness of who generates the load.
func (u *User) HeldUntil(at time.Time) { u.heldUntil = at }
