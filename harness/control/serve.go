package control

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// Handler is the whole service over HTTP.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.describe(mux)
	servePage(mux)
	return s.guard(mux)
}

// Listen begins to listen where the options say.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.options.Listen)
	if err != nil {
		return nil, err
	}
	if s.options.TLS != nil {
		own := s.options.TLS.Clone()
		own.MinVersion = max(own.MinVersion, tls.VersionTLS12)
		listener = tls.NewListener(listener, own)
	}
	return listener, nil
}

// URL is the address of the service at a listener.
func (s *Server) URL(listener net.Listener) string {
	if s.options.TLS != nil {
		return "https://" + listener.Addr().String()
	}
	return "http://" + listener.Addr().String()
}

// Serve answers until Options.Stop is closed or the context ends. Then no run is started any more, those in progress
// have Options.Drain to finish unless the context has ended, and the rest of them is interrupted. All is written down, and
// queries are answered until then. The listener is closed.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	served := make(chan error, 1)
	go func() { served <- server.Serve(netutil.LimitListener(listener, maxConnections)) }()
	tended := make(chan struct{})
	tending, rest := context.WithCancel(context.WithoutCancel(ctx))
	go func() { defer close(tended); s.tend(tending) }()
	defer func() { rest(); <-tended }()
	var err error
	select {
	case err = <-served:
		served <- nil
	case <-s.options.Stop:
	case <-ctx.Done():
	}
	interrupt := context.AfterFunc(ctx, func() { s.kill(errEnded) })
	defer interrupt()
	s.drain()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if server.Shutdown(ending) != nil {
		_ = server.Close() // who has not finished by now is cut off
	}
	if last := <-served; !errors.Is(last, http.ErrServerClosed) {
		err = errors.Join(err, last)
	}
	return err
}

// maxConnections is how many there may be: a service without free descriptors could not write its results.
const maxConnections = 512

// tend forgets what is too old though nothing happens, and writes down what could not be written.
func (s *Server) tend(ctx context.Context) {
	ticker := time.NewTicker(max(min(s.options.Limits.KeepFor, time.Minute), 10*time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = s.written(ctx) // the next time, or Close
			_ = s.prune(ctx)
		}
	}
}

// written tries once more to write down what could not be written.
func (s *Server) written(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.going(ctx)
	return err
}

// goodbye is how long answers may take when all runs have ended.
const goodbye = 3 * time.Second

// drain lets no run start any more, and waits for those in progress.
func (s *Server) drain() {
	s.mu.Lock()
	s.stopped = true
	for _, r := range s.active {
		r.halt()
	}
	s.mu.Unlock()
	timer := time.AfterFunc(max(s.options.Drain, 0), func() { s.kill(errEnded) })
	defer timer.Stop()
	s.runs.Wait()
}

// Close interrupts runs that are in progress, keeps what became of them, and closes the database. Its error names the results
// that could not be written down.
func (s *Server) Close() error {
	s.kill(errEnded)
	s.drain()
	return errors.Join(s.written(context.Background()), s.store.close())
}
