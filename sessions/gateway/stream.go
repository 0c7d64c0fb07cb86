package gateway

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"sync"
)

// exchange2 is an exchange over HTTP/2: a stream of the session's connection, and one of the server's.
type exchange2 struct {
	*exchange
	link    *link
	writer  http.ResponseWriter
	request *http.Request

	writing sync.Mutex
	final   bool // interim responses are over
}

// handle serves one stream.
func (s *streams) handle(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.handling.Done()
	l, _ := r.Context().Value(linkKey{}).(*link)
	u := *r.URL
	u.Scheme, u.Host = "https", r.Host
	peer := &streamPeer{gateway: s.gateway, writer: w, request: r}
	x := &exchange2{link: l, writer: w, request: r}
	x.exchange = s.gateway.newExchange(r.Method, &u, list(r.Header), r.Proto, peer)
	if err := x.run(); err != nil && !peer.answered {
		panic(http.ErrAbortHandler) // the stream is reset: nothing that was cut off looks whole
	}
}

// list is a header for the record, in the order of names: HTTP/2 has none that could be seen here.
func list(header http.Header) []Field {
	var all []Field
	for _, name := range slices.SortedFunc(maps.Keys(header), cmp.Compare) {
		for _, value := range header[name] {
			all = append(all, Field{Name: name, Value: value})
		}
	}
	return all
}

func (x *exchange2) run() (err error) {
	defer func() { x.end(err) }()
	held, err := x.takeRequest(x.readWhole)
	if err != nil {
		return err
	}
	v := letGo
	if held != nil {
		held.announce()
		if v, err = x.await(held); err != nil {
			held.cannot(err)
			return err
		}
	}
	send := x.send
	if v == arm {
		send = func() (*http.Response, error) { return x.sendArmed(held) }
	}
	response, err := send()
	x.endInterim()
	if err != nil {
		if x.request.Context().Err() == nil && x.gateway.life.Err() == nil {
			return x.fail(http.StatusBadGateway, fmt.Errorf("%s: %w", x.name(), err))
		}
		return err
	}
	defer func() { _ = response.Body.Close() }()
	return x.respond(response)
}

// readWhole reads the request's body to its end.
func (x *exchange2) readWhole() error {
	var whole bytes.Buffer
	if _, err := io.Copy(&limited{to: &whole, left: maxHeldBody}, x.request.Body); err != nil {
		return x.fail(statusOf(err), err)
	}
	x.body, x.whole = whole.Bytes(), true
	x.request.Body = io.NopCloser(bytes.NewReader(x.body))
	keeper := x.gateway.record.keeper()
	_, _ = keeper.Write(x.body)
	x.carried(int64(len(x.body)), keeper)
	return nil
}

// send asks the server.
func (x *exchange2) send() (*http.Response, error) {
	up, err := x.link.conn(x.request.Context())
	if err != nil {
		return nil, err
	}
	return up.RoundTrip(x.outgoing(func(error) { x.sent() }))
}

// outgoing is the request as it goes to the server; wrote is called when all of it has been sent.
func (x *exchange2) outgoing(wrote func(error)) *http.Request {
	ctx := httptrace.WithClientTrace(x.request.Context(), &httptrace.ClientTrace{
		WroteRequest:   func(info httptrace.WroteRequestInfo) { wrote(info.Err) },
		Got1xxResponse: x.interim,
	})
	out := x.request.Clone(ctx)
	out.RequestURI = ""
	out.URL = x.target()
	out.Trailer = x.request.Trailer // not a copy: its values come when the body has ended
	if x.request.ContentLength == 0 {
		out.Body = nil // else net/http would take its length for unknown
	} else {
		out.Body = &recordedBody{ReadCloser: x.request.Body, exchange: x.exchange, keeper: x.gateway.record.keeper()}
	}
	if _, told := out.Header["User-Agent"]; !told {
		out.Header["User-Agent"] = []string{""} // else net/http would tell of itself
	}
	return out
}

// target has the path letter by letter as it came.
func (x *exchange2) target() *url.URL {
	if x.request.RequestURI == "*" {
		return &url.URL{Scheme: "https", Host: x.request.Host, Opaque: "*"}
	}
	return &url.URL{Scheme: "https", Host: x.request.Host, Opaque: "//" + x.request.Host + x.request.RequestURI}
}

// recordedBody counts what is read of the request's body, and keeps the beginning of it.
type recordedBody struct {
	io.ReadCloser
	exchange *exchange
	keeper   *keeper
	n        int64
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	_, _ = b.keeper.Write(p[:n])
	if err != nil {
		b.exchange.carried(b.n, b.keeper)
	}
	return n, err
}

// interim passes on a response that comes before the response. It is called by the goroutine of the server's connection,
// which may be late.
func (x *exchange2) interim(status int, header textproto.MIMEHeader) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.final || x.gone() {
		return nil
	}
	maps.Copy(x.writer.Header(), header)
	x.writer.WriteHeader(status)
	if !x.gone() {
		clear(x.writer.Header())
	}
	return nil
}

// endInterim waits for an interim response that is being passed on, and lets none follow.
func (x *exchange2) endInterim() {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.final = true
}

// gone tells whether the session gave the stream up. Its header is not touched then: net/http may still read it.
func (x *exchange2) gone() bool { return x.request.Context().Err() != nil }

// respond passes the response on as it comes, when no rule holds it.
func (x *exchange2) respond(response *http.Response) error {
	x.sent() // net/http may tell it only now
	x.answered(response.StatusCode, list(response.Header))
	if err := x.holdResponse(func() {}); err != nil {
		return err
	}
	if x.gone() {
		return context.Cause(x.request.Context())
	}
	header := x.writer.Header()
	maps.Copy(header, response.Header)
	for _, added := range []string{"Date", "Content-Type"} { // net/http would add them
		if _, given := header[added]; !given {
			header[added] = nil
		}
	}
	for name := range response.Trailer {
		header.Add("Trailer", name)
	}
	x.writer.WriteHeader(response.StatusCode)
	if err := x.copyBody(response.Body); err != nil {
		return err
	}
	for name, values := range response.Trailer {
		if !slices.Contains(header["Trailer"], name) {
			name = http.TrailerPrefix + name // nobody announced it
		}
		header[name] = values
	}
	return nil
}

func (x *exchange2) copyBody(body io.Reader) error {
	keeper, flusher := x.gateway.record.keeper(), http.NewResponseController(x.writer)
	var n int64
	defer x.note(func(e *Exchange, _ func() Stamp) { e.ResponseBytes, e.ResponseBody = n, keeper.bytes() })
	buffer := make([]byte, 16<<10)
	for {
		if err := flusher.Flush(); err != nil {
			return err
		}
		read, err := body.Read(buffer)
		if _, failed := x.writer.Write(buffer[:read]); failed != nil && read > 0 {
			return failed
		}
		_, _ = keeper.Write(buffer[:read])
		n += int64(read)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("response to %s: %w", x.name(), err)
		}
	}
}

// streamPeer is the session's side of a stream.
type streamPeer struct {
	gateway  *Gateway
	writer   http.ResponseWriter
	request  *http.Request
	answered bool
}

func (p *streamPeer) refuse(what string, status int, err error) {
	p.answered = true
	p.writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	p.writer.Header().Set(AnsweredField, fmt.Sprint(status))
	p.writer.WriteHeader(status)
	_, _ = fmt.Fprintf(p.writer, "lockstep gateway of %s: %s: %v\n", p.gateway.Session(), what, err)
}

func (p *streamPeer) reset() {} // a handler that ends with an error resets its stream

func (p *streamPeer) watch() (gone <-chan struct{}, stop func()) {
	return p.request.Context().Done(), func() {}
}

// sendArmed takes part in a burst: on a connection of the burst's own, up to the last frame.
func (x *exchange2) sendArmed(held *Held) (*http.Response, error) {
	j := newJoin(x)
	held.armed <- armed{join: j}
	var shared *burstLink
	select {
	case shared = <-j.start:
	case <-held.fired: // it was too late for the burst, and goes by itself
		if shared = j.started(); shared == nil {
			return x.send()
		}
	case <-x.request.Context().Done():
		j.quit(errGone)
		return nil, errGone
	}
	out := x.outgoing(func(err error) { j.wrote <- err })
	if j.bodied {
		out.Body, out.ContentLength = io.NopCloser(&gated{body: x.body, join: j}), int64(len(x.body))
	}
	response, err := shared.conn.RoundTrip(out)
	if err != nil {
		j.ended(err)
		shared.leave()
		return nil, err
	}
	response.Body = &leaving{response.Body, shared}
	return response, nil
}
