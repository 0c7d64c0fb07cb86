package roddriver

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/cdp"
	"github.com/go-rod/rod/lib/proto"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// line is a WebSocket to a browser. Its life ends when it is lost or closed, and everything that rod runs on it
// ends with that.
type line struct {
	*cdp.WebSocket
	life       context.Context
	end        context.CancelFunc
	navigation browser.Navigation
	traffic    browser.Traffic
	frame      atomic.Pointer[string] // the id of the main frame, when it is known
}

// Read implements cdp.WebSocketable.
func (l *line) Read() ([]byte, error) {
	message, err := l.WebSocket.Read()
	if err != nil {
		l.end()
		return nil, err
	}
	l.follow(message)
	return message, nil
}

// follow tells the navigation of the line's page what its main frame does. It reads the messages themselves: rod
// hands events on through queues, behind the answers to commands that came later.
func (l *line) follow(message []byte) {
	main := l.frame.Load()
	method := message[:min(len(message), 64)]
	switch {
	case main == nil:
		return
	case bytes.Contains(method, []byte(`"method":"Network.responseReceived"`)):
		l.followRefusal(*main, message)
		return
	case bytes.Contains(method, []byte(`"method":"Network.`)):
		l.followTraffic(method, message)
		return
	case !bytes.Contains(method, []byte(`"method":"Page.`)):
		return
	}
	var event struct {
		Method string
		Params struct {
			FrameID string
			Frame   struct{ ID, LoaderID string }
		}
	}
	if json.Unmarshal(message, &event) != nil {
		return // rod reports it
	}
	if event.Params.Frame.ID == *main && event.Method == "Page.frameNavigated" {
		l.traffic.Arrived(event.Params.Frame.LoaderID)
	}
	if id := event.Params.FrameID + event.Params.Frame.ID; id == *main || event.Method == "Page.domContentEventFired" {
		l.navigation.Observe(event.Method)
	}
}

// followTraffic notes which requests of the page begin and end.
func (l *line) followTraffic(method, message []byte) {
	begins := bytes.Contains(method, []byte(`.requestWillBeSent"`))
	ends := bytes.Contains(method, []byte(`.loadingFinished"`)) || bytes.Contains(method, []byte(`.loadingFailed"`))
	if !begins && !ends {
		return
	}
	var event struct {
		Params struct {
			RequestID, LoaderID, Type string
			Request                   struct{ Method, URL string }
		}
	}
	switch sent := &event.Params; {
	case json.Unmarshal(message, &event) != nil: // rod reports it
	case ends:
		l.traffic.End(sent.RequestID)
	default:
		l.traffic.Begin(browser.Request{ID: sent.RequestID, Method: sent.Request.Method, URL: sent.Request.URL, Type: sent.Type}, sent.LoaderID)
	}
}

// followRefusal notices that the page which the window goes to is the gateway's own.
func (l *line) followRefusal(main string, message []byte) {
	if !bytes.Contains(message, []byte(`"type":"Document"`)) {
		return // most are not: they need not be read
	}
	var event struct{ Params proto.NetworkResponseReceived }
	if json.Unmarshal(message, &event) != nil || event.Params.Type != proto.NetworkResourceTypeDocument || string(event.Params.FrameID) != main {
		return
	}
	for name := range event.Params.Response.Headers {
		if browser.IsRefusal(name) {
			l.navigation.Refuse()
		}
	}
}

// sendLimit is how long a browser may take to read a message. It needs microseconds; one that does not read at all
// would hold up whoever sends it more than the sockets' buffers have room for, whatever their contexts say.
const sendLimit = 5 * time.Second

// Send implements cdp.WebSocketable. A line on which a message cannot be sent is closed by WebSocket.
func (l *line) Send(message []byte) error {
	stuck := time.AfterFunc(sendLimit, func() { _ = l.Close() })
	defer stuck.Stop()
	return l.WebSocket.Send(message)
}

// Close ends the line, and with it what rod runs on it. A line that was lost is closed already.
func (l *line) Close() error {
	err := l.WebSocket.Close()
	l.end()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// lost is closed when the line has ended.
func (l *line) lost() <-chan struct{} { return l.life.Done() }

// dial connects a rod browser to the address. The context limits the connecting alone.
func dial(ctx context.Context, address string) (*rod.Browser, *line, error) {
	b, l, err := connect(ctx, address)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	return b, l, nil
}

func connect(ctx context.Context, address string) (*rod.Browser, *line, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, nil, err
	}
	limit := &limited{tls: target.Scheme == "wss"}
	socket := &cdp.WebSocket{Dialer: limit}
	err = socket.Connect(ctx, address, nil)
	if !limit.over() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, limit.close())
	}
	l := &line{WebSocket: socket}
	l.life, l.end = context.WithCancel(context.Background())
	b := rod.New().Context(l.life).Client(cdp.New().Start(l)).NoDefaultDevice()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	err = b.Connect()
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = l.Close()
		return nil, nil, err
	}
	return b, l, nil
}

// limited dials for rod, which would wait for ever for the handshake of a browser that takes connections and
// does not answer.
type limited struct {
	tls        bool
	connection net.Conn
	stop       func() bool
}

// DialContext implements cdp.Dialer.
func (d *limited) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer interface {
		DialContext(ctx context.Context, network, address string) (net.Conn, error)
	} = &net.Dialer{}
	if d.tls {
		dialer = &tls.Dialer{}
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(address, "443")
		}
	}
	connection, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.connection = connection
	d.stop = context.AfterFunc(ctx, func() { _ = connection.Close() })
	return connection, nil
}

// over ends the limit; it is false where the context has ended already.
func (d *limited) over() bool { return d.stop == nil || d.stop() }

func (d *limited) close() error {
	if d.connection == nil {
		return nil
	}
	if err := d.connection.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
