package roddriver

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/cdp"

	"github.com/seed49090845/lockstep/sessions/browser"
)

// line is a WebSocket to a browser that tells when it was lost.
type line struct {
	*cdp.WebSocket
	lost chan struct{}
	once sync.Once
}

// Read implements cdp.WebSocketable.
func (l *line) Read() ([]byte, error) {
	message, err := l.WebSocket.Read()
	if err != nil {
		l.once.Do(func() { close(l.lost) })
	}
	return message, err
}

// dial connects a rod browser to the address. The context limits the connecting alone.
func dial(ctx context.Context, address string) (*rod.Browser, *line, error) {
	socket := &cdp.WebSocket{}
	if err := socket.Connect(ctx, address, nil); err != nil {
		return nil, nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	l := &line{WebSocket: socket, lost: make(chan struct{})}
	b := rod.New().Client(cdp.New().Start(l)).NoDefaultDevice()
	if err := b.Connect(); err != nil {
		_ = l.Close()
		return nil, nil, fmt.Errorf("%w at %s: %w", browser.ErrAttach, address, err)
	}
	return b, l, nil
}
