package main

import (
	"context"
	"errors"
	"fmt"
	"github.com/seed49090845/lockstep/harness/internal/trace"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// pgRequest is a request of the application that is under way.
type pgRequest struct {
	number int
	name   string // method and path
	trace  string // that it brought; empty if it brought none
}

func (r *pgRequest) title() string { return fmt.Sprintf("%s (request %d)", r.name, r.number) }

// pgProxy is a reverse proxy that tells which requests are under way. A nil one is none.
type pgProxy struct {
	watch    *pgWatch
	listener net.Listener
	server   *http.Server
	done     chan struct{} // closed when it serves no more
	err      error         // why, if nobody closed it
}

func startPGProxy(ctx context.Context, listen string, target *url.URL, w *pgWatch) (*pgProxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, err
	}
	p := &pgProxy{watch: w, listener: listener, done: make(chan struct{})}
	w.proxied()
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} { // which Rewrite takes away
				r.Out.Header[name] = r.In.Header[name]
			}
		},
		ModifyResponse: answered,
		ErrorHandler: func(out http.ResponseWriter, _ *http.Request, err error) {
			http.Error(out, fmt.Sprintf("lockstep pg: the application at %s does not answer: %v", target.Host, err), http.StatusBadGateway)
		},
	}
	p.server = &http.Server{Handler: p.following(forward), ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(p.done)
		if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.err = err
		}
	}()
	return p, nil
}

// following notes each request from its start to the end of its response.
func (p *pgProxy) following(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		end := sync.OnceFunc(p.watch.begins(r.Method+" "+r.URL.Path, trace.ID(r.Header.Get("Traceparent"))))
		defer end()
		next.ServeHTTP(out, r.WithContext(context.WithValue(r.Context(), endOfRequest{}, end)))
	})
}

type endOfRequest struct{}

// answered ends the request before the last of its response is handed on, so that one that follows it is not beside it. What stays
// open, as an event stream does, is not under way any more.
func answered(response *http.Response) error {
	end, ok := response.Request.Context().Value(endOfRequest{}).(func())
	switch {
	case !ok:
	case response.StatusCode == http.StatusSwitchingProtocols, strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream"):
		end()
	default:
		response.Body = &endingBody{response.Body, end}
	}
	return nil
}

type endingBody struct {
	io.ReadCloser
	end func()
}

func (b *endingBody) Read(p []byte) (n int, err error) {
	n, err = b.ReadCloser.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

func (p *pgProxy) url() string {
	if p == nil {
		return ""
	}
	return "http://" + p.listener.Addr().String()
}

// ended is closed when the proxy serves no more.
func (p *pgProxy) ended() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.done
}

func (p *pgProxy) close() error {
	if p == nil {
		return nil
	}
	err := p.server.Close()
	<-p.done
	return errors.Join(err, p.err)
}
