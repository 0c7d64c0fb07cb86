package roddriver

import (
	"context"
	"fmt"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/cdp"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// line is a WebSocket to a browser. Its life ends when it is lost or closed, and everything that rod runs on it
// ends with that.
type line struct {
	*cdp.WebSocket
	life context.Context
	end  context.CancelFunc
}

// Read implements cdp.WebSocketable.
func (l *line) Read() ([]byte, error) {
	message, err := l.WebSocket.Read()
	if err != nil {
		l.end()
	}
	return message, err
}

// Close ends the line, and with it what rod runs on it.
func (l *line) Close() error {
	err := l.WebSocket.Close()
	l.end()
	return err
}

// lost is closed when the line has ended.
func (l *line) lost() <-chan struct{} { return l.life.Done() }

// dial connects a rod browser to the address. The context limits the connecting alone.
func dial(ctx context.Context, address string) (*rod.Browser, *line, error) {
	socket := &cdp.WebSocket{}
	if err := socket.Connect(ctx, address, nil); err != nil {
		return nil, nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	l := &line{WebSocket: socket}
	l.life, l.end = context.WithCancel(context.Background())
	b := rod.New().Context(l.life).Client(cdp.New().Start(l)).NoDefaultDevice()
	if err := b.Connect(); err != nil {
		_ = l.Close()
		return nil, nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	return b, l, nil
}
