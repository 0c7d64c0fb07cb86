package pg_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

// frontend is an application that says what it is told to, message by message.
type frontend struct {
	net.Conn
	in  *bufio.Reader
	url string
}

// dial connects to a gateway and says nothing.
func dial(t testing.TB, g *pg.Gateway) *frontend {
	t.Helper()
	conn, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &frontend{Conn: conn, in: bufio.NewReader(conn), url: g.URL()}
}

// startup logs in. pgconn does it, and hands its connection over.
func (f *frontend) startup(t testing.TB) {
	t.Helper()
	_ = f.Close()
	conn, err := pgconn.Connect(limited(t), f.url)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Conn.Close() })
	_ = taken.Conn.SetDeadline(time.Now().Add(20 * time.Second))
	f.Conn, f.in = taken.Conn, bufio.NewReader(taken.Conn)
}

func (f *frontend) write(messages ...[]byte) {
	var all []byte
	for _, m := range messages {
		all = append(all, m...)
	}
	_, _ = f.Write(all)
}

// next is the next message.
func (f *frontend) next() (kind byte, body []byte, err error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(f.in, head); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint32(head[1:])-4)
	_, err = io.ReadFull(f.in, body)
	return head[0], body, err
}

// until is the kinds of the messages up to one.
func (f *frontend) until(t testing.TB, last byte) (kinds string) {
	t.Helper()
	for {
		kind, _, err := f.next()
		if err != nil {
			t.Fatalf("waiting for %q after %q: %v", last, kinds, err)
		}
		kinds += string(kind)
		if kind == last {
			return kinds
		}
	}
}

func (f *frontend) query(t testing.TB, sql string) string {
	t.Helper()
	f.write(encode(&pgproto3.Query{String: sql}))
	return f.until(t, 'Z')
}

func encode(m pgproto3.FrontendMessage) []byte {
	bytes, err := m.Encode(nil)
	if err != nil {
		panic(err)
	}
	return bytes
}

func parseMessage(name, sql string) []byte { return encode(&pgproto3.Parse{Name: name, Query: sql}) }
func bindMessage(portal, name string) []byte {
	return encode(&pgproto3.Bind{DestinationPortal: portal, PreparedStatement: name})
}
func executeMessage(portal string, rows uint32) []byte {
	return encode(&pgproto3.Execute{Portal: portal, MaxRows: rows})
}

var (
	flushMessage = encode(&pgproto3.Flush{})
	syncMessage  = encode(&pgproto3.Sync{})
)
