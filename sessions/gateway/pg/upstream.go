package pg

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

var errTaken = errors.New("the connection was taken")

// dial opens a connection to the server up to where its first message is awaited. pgconn does it, so that hosts, sockets,
// TLS and what is tried in which order are as in any Go program with the same DSN; the connection is taken from it then.
func (g *Gateway) dial(ctx context.Context) (net.Conn, error) {
	config := g.upstream.Copy()
	var taken net.Conn
	open := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if taken != nil {
			return nil, errTaken
		}
		return open(ctx, network, address)
	}
	config.AfterNetConnect = func(ctx context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		if secure, ok := conn.(*tls.Conn); ok {
			if err := secure.HandshakeContext(ctx); err != nil {
				return conn, err
			}
		}
		taken = conn
		return nobody{}, errTaken
	}
	_, err := pgconn.ConnectConfig(ctx, config)
	if taken != nil {
		return taken, nil
	}
	return nil, err
}

// nobody is a connection in the place of one that was taken.
type nobody struct{ net.Conn }

func (nobody) Close() error { return nil }
