package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// seen lets a statement begin, and returns what it is printed under.
func seen(w *pgWatch, s pg.Statement) (under string, end func()) {
	p := w.Begin(s).(*pgStatement)
	return p.owner.title, func() { p.End(pg.Outcome{Tag: "SELECT 1"}) }
}

func TestWhatStatementsArePrintedUnder(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	parent := map[string]string{"traceparent": "00-" + trace + "-b7ad6b7169203331-01"}
	route := map[string]string{"route": "/books/:id"}
	type request struct{ name, trace string }
	for name, test := range map[string]struct {
		under   []request
		comment map[string]string
		want    string
	}{
		"none":                        {nil, nil, "connection 7 of shop"},
		"a route":                     {nil, route, "/books/:id"},
		"a controller":                {nil, map[string]string{"controller": "books", "action": "show"}, "books#show"},
		"a trace":                     {nil, parent, "(trace 0af76519)"},
		"a traceparent that is none":  {nil, map[string]string{"traceparent": "00-1-2-3"}, "connection 7 of shop"},
		"one":                         {[]request{{"GET /a", ""}}, nil, "GET /a (request 1)"},
		"one, and a route":            {[]request{{"GET /a", ""}}, route, "GET /a (request 1)"},
		"one that was not traced":     {[]request{{"GET /a", ""}}, parent, "GET /a (request 1)"},
		"one of another trace":        {[]request{{"GET /a", strings.Repeat("1", 32)}}, parent, "(trace 0af76519)"},
		"several":                     {[]request{{"GET /a", ""}, {"GET /b", ""}}, nil, "one of 2 requests: GET /a (request 1), GET /b (request 2)"},
		"several, and one has a name": {[]request{{"GET /a", ""}, {"GET /b", trace}}, parent, "GET /b (request 2)"},
		"several, and a route":        {[]request{{"GET /a", ""}, {"GET /b", ""}}, route, "/books/:id"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newPGWatch(func(pgEvent) {})
			for _, r := range test.under {
				w.begins(r.name, r.trace)
			}
			if under, _ := seen(w, pg.Statement{Connection: 7, Application: "shop", Comment: test.comment}); under != test.want {
				t.Errorf("printed under %q, want %q", under, test.want)
			}
		})
	}
}

// TestATransactionStaysWhereItBegan checks that what a request began is its own when others have come, and that nothing is kept of
// connections that are at rest.
func TestATransactionStaysWhereItBegan(t *testing.T) {
	w := newPGWatch(func(pgEvent) {})
	over := w.begins("POST /a", "")
	first, end := seen(w, pg.Statement{Connection: 1, InTransaction: true})
	end()
	w.begins("POST /b", "")
	over()
	second, end := seen(w, pg.Statement{Connection: 1, InTransaction: true, Kind: pg.Commit})
	end()
	third, end := seen(w, pg.Statement{Connection: 1, InTransaction: true})
	if first != "POST /a (request 1)" || second != first || third != "POST /b (request 2)" {
		t.Errorf("printed under %q, %q, and the next transaction under %q", first, second, third)
	}
	if end(); len(w.connections) != 1 {
		t.Errorf("%d connections are in a transaction, want 1", len(w.connections))
	}
	w.Begin(pg.Statement{Connection: 1, InTransaction: true}).End(pg.Outcome{Err: pg.ErrBroken})
	if len(w.connections) != 0 {
		t.Errorf("%d connections are kept when all have ended", len(w.connections))
	}
}

func TestHolders(t *testing.T) {
	w := newPGWatch(func(pgEvent) {})
	seen(w, pg.Statement{Connection: 1, Name: "UPDATE a", InTransaction: true})
	who, sent := w.holders([]pg.Backend{{PID: 9}, {PID: 8, Connection: 1}, {}, {PID: 8, Connection: 1}, {PID: 7, Connection: 2}})
	if want := "a prepared transaction and backend 9, which is not behind this gateway and connection 1, transaction 1, which sent UPDATE a and connection 2"; who != want {
		t.Errorf("held by %q, want %q", who, want)
	}
	if !strings.Contains(sent, "UPDATE a") || strings.Contains(sent, "transaction 1") {
		t.Errorf("behind %q", sent)
	}
}

// TestTheApplicationDoesNotWaitForThePrinter tells more than can be printed, to a terminal that stands still.
func TestTheApplicationDoesNotWaitForThePrinter(t *testing.T) {
	stalled, far := io.Pipe()
	p := newPGPrinter(far, true)
	w := newPGWatch(p.tell)
	first := make([]byte, 2)
	listening := make(chan struct{})
	go func() { defer close(listening); p.listening(pgListening{}) }()
	if _, err := stalled.Read(first); err != nil {
		t.Fatal(err)
	}
	const more = 50
	for range pgAhead + more {
		w.Begin(pg.Statement{Connection: 1}).End(pg.Outcome{}) // would block for ever
	}
	go func() { _, _ = io.Copy(io.Discard, stalled) }()
	<-listening
	s := w.summary(nil)
	if err := p.end(s); err != nil {
		t.Fatal(err)
	}
	if s.Statements != pgAhead+more || s.LeftOut < more-1 {
		t.Errorf("%d statements, %d left out; want all of %d, and at least %d", s.Statements, s.LeftOut, pgAhead+more, more-1)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatCannotBePrintedIsAnError(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		p := newPGPrinter(full{}, asJSON)
		p.listening(pgListening{})
		if err := p.end(newPGSummary()); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("JSON %v: %v", asJSON, err)
		}
	}
}

// TestSummaryIsBounded checks that an application that writes values into its statements does not fill the memory.
func TestSummaryIsBounded(t *testing.T) {
	s := newPGSummary()
	for i := range pgMaxTexts + 10 {
		s.add(pgEvent{Statement: fmt.Sprint("SELECT ", i), MS: float64(i)})
	}
	s.finish(0, nil)
	if len(s.texts) > pgMaxTexts+1 || s.Frequent[0].Statement != "(others)" || s.Frequent[0].Times != 10 || len(s.Slowest) != pgTop || s.Slowest[0].MS != pgMaxTexts+9 {
		t.Errorf("%d texts, most frequent %+v, slowest %+v", len(s.texts), s.Frequent[0], s.Slowest)
	}
	var text bytes.Buffer
	if err := s.print(&text); err != nil || !strings.Contains(text.String(), "10010 statements of 1 connection\n") {
		t.Errorf("%v\n%s", err, text.String())
	}
}

// TestARequestEndsBeforeItsResponseIsHandedOn checks that whoever has the whole response can send the next request, and the two are not
// beside each other.
func TestARequestEndsBeforeItsResponseIsHandedOn(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") }))
	defer app.Close()
	target, err := url.Parse(app.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := newPGWatch(func(pgEvent) {})
	p, err := startPGProxy(t.Context(), "127.0.0.1:0", target, w)
	if err != nil {
		t.Fatal(err)
	}
	browser := &lookingAt{ResponseRecorder: httptest.NewRecorder(), watch: w, underWay: -1}
	p.server.Handler.ServeHTTP(browser, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop/", nil))
	if browser.Body.String() != "done" || browser.underWay != 0 {
		t.Errorf("%q came while %d requests were under way, want none", browser.Body, browser.underWay)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

// lookingAt notes how many requests are under way when a body is written.
type lookingAt struct {
	*httptest.ResponseRecorder
	watch    *pgWatch
	underWay int
}

func (l *lookingAt) Write(p []byte) (int, error) {
	l.watch.mu.Lock()
	l.underWay = len(l.watch.underWay)
	l.watch.mu.Unlock()
	return l.ResponseRecorder.Write(p)
}

// TestProxy checks that streams flow and are not under way for ever, and that an application that is gone is named.
func TestProxy(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", r.Header.Get("X-Forwarded-For"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer app.Close()
	target, err := url.Parse(app.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := newPGWatch(func(pgEvent) {})
	p, err := startPGProxy(t.Context(), "127.0.0.1:0", target, w)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "10.9.8.7")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 16)
	if _, err := io.ReadFull(response.Body, data); err != nil || string(data) != "data: 10.9.8.7\n\n" {
		t.Errorf("the stream brought %q, %v", data, err)
	}
	if under, _ := seen(w, pg.Statement{Connection: 1}); under != "connection 1 (no request is under way)" {
		t.Errorf("while a stream is open, printed under %q", under)
	}
	_ = response.Body.Close()
	app.CloseClientConnections()
	app.Close()
	gone, err := http.Get(p.url())
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(gone.Body)
	_ = gone.Body.Close()
	if gone.StatusCode != http.StatusBadGateway || !strings.Contains(string(text), target.Host+" does not answer") {
		t.Errorf("status %d, %s", gone.StatusCode, text)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
	select {
	case <-p.ended():
	case <-time.After(time.Minute):
		t.Error("it serves when it is closed")
	}
}
