package virtual

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// dial makes a connection, TLS included.
func (u *User) dial(ctx context.Context, o *origin, until time.Time) (*line, *Error) {
	limits := u.target.options.Timeouts
	connectUntil := time.Now().Add(limits.Connect)
	late := fail(ConnectTimeout, fmt.Sprintf("no connection to %s within %v", o.authority, limits.Connect), context.DeadlineExceeded)
	if until.Before(connectUntil) {
		connectUntil = until
		late = u.lateTotal()
	}
	// The user's end ends the dialling, too.
	limited, cancel := u.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	limited, cancelTimer := context.WithDeadline(limited, connectUntil)
	defer cancelTimer()

	l, err := u.connect(limited, o)
	if err == nil {
		return l, nil
	}
	if ended := u.ended(ctx); ended != nil {
		return nil, ended
	}
	if waited, ok := errors.AsType[net.Error](err); limited.Err() != nil || ok && waited.Timeout() {
		return nil, late
	}
	return nil, fail(Connect, "no connection to "+o.authority+": "+reason(err), err)
}

func (u *User) connect(ctx context.Context, o *origin) (*line, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", o.address)
	if err != nil {
		return nil, err
	}
	l := &line{Conn: conn, address: o.address, secure: o.secure}
	l.stream = l
	if !o.secure {
		return l, nil
	}
	config := u.target.tls.Clone()
	config.NextProtos = []string{"http/1.1"}
	if config.ServerName == "" {
		config.ServerName = o.host
	}
	deadline, _ := ctx.Deadline()
	l.serve(ctx, func(ctx context.Context) *Error {
		if ctx.Err() != nil {
			return fail(Interrupted, "", ctx.Err())
		}
		return nil
	}, time.Now(), deadline)
	secured := tls.Client(l, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	l.stream = secured
	return l, nil
}

func (u *User) lateTotal() *Error {
	return fail(TotalTimeout, fmt.Sprintf("not done within %v", u.target.options.Timeouts.Total), context.DeadlineExceeded)
}
