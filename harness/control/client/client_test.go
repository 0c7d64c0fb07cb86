package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/control/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAServiceWithTokenAndTLS has a run over TLS, and callers who lack the token or do not trust the certificate.
func TestAServiceWithTokenAndTLS(t *testing.T) {
	shop := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer shop.Close()
	roots := x509.NewCertPool()
	roots.AddCert(shop.Certificate())
	stop, served := make(chan struct{}), make(chan error, 1)
	server, err := control.New(t.Context(), control.Options{Listen: "127.0.0.1:0", Token: "sesame", TLS: shop.TLS, Stop: stop})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() { served <- server.Serve(t.Context(), listener) }()
	trusted := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	with := func(o client.Options) *client.Client {
		o.Server = server.URL(listener) + "/"
		c, err := client.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	c := with(client.Options{Token: "sesame", TLS: trusted})
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	params, _ := json.Marshal(map[string]string{"url": app.URL})
	run, err := c.Start(t.Context(), control.Start{Scenario: "url", Params: params, Total: 3, Backlog: 1, MaxLateness: new(control.Duration)})
	if err != nil {
		t.Fatal(err)
	}
	if run, err = c.Watch(t.Context(), run.ID, func(*control.Run) {}); err != nil || run.Counts.Passed != 3 {
		t.Errorf("%+v %v", run, err)
	}
	if content, err := c.File(t.Context(), run.ID, "report.txt"); err != nil || !strings.Contains(string(content), "3 requests") {
		t.Errorf("%s %v", content, err)
	}
	if list, err := c.Runs(t.Context(), 5, ""); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
	problem, ok := errors.AsType[*client.ProblemError](second(with(client.Options{TLS: trusted, Token: "sesam"}).Runs(t.Context(), 5, "")))
	if !ok || problem.Status != http.StatusUnauthorized || !strings.Contains(problem.Error(), "token") {
		t.Errorf("another token: %v", problem)
	}
	if _, err := with(client.Options{Token: "sesame"}).Runs(t.Context(), 5, ""); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	close(stop)
	if err := errors.Join(<-served, server.Close()); err != nil {
		t.Error(err)
	}
	if _, err := c.Watch(context.Background(), run.ID, nil); err == nil {
		t.Error("a service that is gone answers")
	}
}

func second[T any](_ T, err error) error { return err }

// TestEventsThatAreCutAreNoEnd has a service that goes away in the middle of its events.
func TestEventsThatAreCutAreNoEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("event: run\ndata: {\"id\":\"one\",\"state\":\"running\"}\n\nevent: ended\nda"))
	}))
	defer server.Close()
	c, err := client.New(client.Options{Server: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	shown := 0
	if _, err := c.Watch(t.Context(), "one", func(*control.Run) { shown++ }); !errors.Is(err, client.ErrCut) || shown != 1 {
		t.Errorf("%d events, %v", shown, err)
	}
}
