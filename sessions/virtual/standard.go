package virtual

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// standard is the transport on net/http, for HTTP/2.
type standard struct {
	user   *User
	client *http.Transport

	sent, received atomic.Int64
}

func newStandard(u *User) *standard {
	s := &standard{user: u}
	dialer := net.Dialer{Timeout: u.target.options.Timeouts.Connect}
	s.client = &http.Transport{
		TLSClientConfig: u.target.tls.Clone(), ForceAttemptHTTP2: true, DisableCompression: true, TLSHandshakeTimeout: u.target.options.Timeouts.Connect,
		MaxIdleConnsPerHost: 1, MaxResponseHeaderBytes: int64(u.target.options.MaxHeader),
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, &dialError{err}
			}
			return &counted{conn, s}, nil
		},
	}
	return s
}

// dialError marks what happened before there was a connection.
type dialError struct{ error }

func (e *dialError) Unwrap() error { return e.error }

// counted counts the bytes of a connection.
type counted struct {
	net.Conn
	of *standard
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.of.received.Add(int64(n))
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	c.of.sent.Add(int64(len(p))) // before the answer can come
	n, err := c.Conn.Write(p)
	c.of.sent.Add(int64(n - len(p)))
	return n, err
}

func (s *standard) close() { s.client.CloseIdleConnections() }

// exchange implements transport. Bytes are those of the user's connections during the exchange.
func (s *standard) exchange(ctx context.Context, c *call, start, total time.Time) (traffic, *Error) {
	u := s.user
	if ended := u.ended(ctx); ended != nil {
		return traffic{}, ended
	}
	until, late := start.Add(u.target.options.Timeouts.Request), fail(Timeout, fmt.Sprintf("no whole answer within %v", u.target.options.Timeouts.Request), context.DeadlineExceeded)
	if total.Before(until) {
		until, late = total, u.lateTotal()
	}
	limited, cancel := u.Limit(context.WithoutCancel(ctx), ctx)
	defer cancel()
	limited, cancelTimer := context.WithDeadlineCause(limited, until, late)
	defer cancelTimer()
	sent, received := s.sent.Load(), s.received.Load()
	err := s.roundTrip(limited, c)
	count := traffic{s.sent.Load() - sent, s.received.Load() - received}
	if err == nil {
		return count, nil
	}
	if ended := u.ended(ctx); ended != nil {
		return count, ended
	}
	if limited.Err() != nil {
		return count, late
	}
	return count, s.explain(c, err)
}

func (s *standard) roundTrip(ctx context.Context, c *call) error {
	request, err := http.NewRequestWithContext(ctx, c.method, c.String(), bytes.NewReader(c.body))
	if err != nil {
		return err
	}
	s.user.each(c, func(name, value string) { request.Header.Add(name, value) })
	if s.user.target.options.Compression {
		request.Header.Set("Accept-Encoding", encodings)
	}
	if len(c.cookies) > 0 {
		request.Header.Set("Cookie", string(c.cookies))
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header["User-Agent"] = nil // else net/http adds its own
	}
	answer, err := s.client.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return s.take(answer)
}

// take fills the user's answer.
func (s *standard) take(answer *http.Response) error {
	to, limit := &s.user.answer, s.user.target.options.MaxBody
	to.Reset()
	to.SetStatusCode(answer.StatusCode)
	for name, values := range answer.Header {
		for _, value := range values {
			to.Header.Add(name, value)
		}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, int64(limit)+1))
	if err == nil && len(body) > limit {
		err = fail(TooLarge, fmt.Sprintf("the answer's body is larger than %d bytes", limit), nil)
	}
	to.SetBody(body)
	return err
}

// explain goes by the texts of net/http where it has no types.
func (s *standard) explain(c *call, err error) *Error {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure
	}
	o, text := &s.user.target.options, err.Error()
	network, isNetwork := errors.AsType[net.Error](err)
	_, unconnected := errors.AsType[*dialError](err)
	switch {
	case unconnected, strings.Contains(text, "tls: "), strings.Contains(text, "TLS handshake"):
		if isNetwork && network.Timeout() {
			return fail(ConnectTimeout, fmt.Sprintf("no connection to %s within %v", c.authority, o.Timeouts.Connect), context.DeadlineExceeded)
		}
		return fail(Connect, "no connection to "+c.authority+": "+reason(err), err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fail(Truncated, "the connection ended within the answer", err)
	case errors.Is(err, io.EOF), strings.Contains(text, "server closed idle connection"):
		return fail(Reset, "the connection was closed before any byte of the answer", err)
	case strings.Contains(text, "server response headers exceeded"):
		return fail(TooLarge, fmt.Sprintf("the answer's header is larger than %d bytes", o.MaxHeader), err)
	case isNetwork, strings.Contains(text, "http2: "), strings.Contains(text, "stream error"):
		return fail(Reset, "the connection failed: "+reason(err), err)
	}
	return fail(Malformed, "the answer is not HTTP: "+short(text, o.Redactor), err)
}
