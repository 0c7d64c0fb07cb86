package pg_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/seed49090845/lockstep/fixtures/postgres"
	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

func TestTheServerDiesInMidStatement(t *testing.T) {
	server, err := postgres.Start(limited(t))
	if errors.Is(err, postgres.ErrUnavailable) {
		postgres.Need(t) // skips, or fails where it has to be there
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	g, err := pg.Listen(limited(t), pg.Options{Upstream: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	gate := newTold()
	g.Guard(gate)
	running, held := connect(t, g.URL()), connect(t, g.URL())
	first := behind(t, running, "select pg_sleep(60)")
	gate.heard(t, "begin 1 select pg_sleep(?)")
	gate.let(t)
	second := behind(t, held, "select 2")
	gate.heard(t, "begin 2 select ?")
	server.Kill()
	seen := map[string]bool{<-gate.what: true, <-gate.what: true} // with or without what the server had to say
	if !seen["end 2   true"] || !seen["end 1   true"] && !seen["end 1  57P02 true"] {
		t.Errorf("the gate was told %v", seen)
	}
	if <-first == nil || <-second == nil {
		t.Error("a statement succeeded")
	}
	saysThatThereIsNoServer(t, g)
	if err := server.Restart(limited(t)); err != nil {
		t.Fatal(err)
	}
	g.Guard(nil)
	a, b := connect(t, g.URL()), connect(t, g.URL())
	g.Guard(gate)
	gate.ran(t, "3", a, "select pg_advisory_lock(1)", "SELECT 1  false")
	waiter := behind(t, b, "select pg_advisory_lock(1)")
	gate.heard(t, "begin 4 select pg_advisory_lock(?)")
	gate.let(t)
	gate.heard(t, "waits 4 for 3: true") // the control connection is back
	unlock := behind(t, a, "select pg_advisory_unlock(1)")
	gate.heard(t, "begin 3 select pg_advisory_unlock(?)")
	gate.let(t)
	gate.heardAll(t, "back 4", "end 3 SELECT 1  false")
	ends(t, unlock, "")
	gate.back <- nil
	gate.heard(t, "end 4 SELECT 1  false")
	ends(t, waiter, "")
}

// conversation is what an application says after it has logged in, in all that the protocol has.
var conversation = [][]byte{
	encode(&pgproto3.Query{String: "begin"}),
	parseMessage("s", "insert into t values ($1)"),
	encode(&pgproto3.Bind{DestinationPortal: "p", PreparedStatement: "s", Parameters: [][]byte{[]byte("7")}}),
	encode(&pgproto3.Describe{ObjectType: 'P', Name: "p"}), executeMessage("p", 0), syncMessage,
	encode(&pgproto3.Query{String: "copy t from stdin"}), encode(&pgproto3.CopyData{Data: []byte("8\n")}), encode(&pgproto3.CopyDone{}),
	encode(&pgproto3.Query{String: "select pg_advisory_lock(1)"}),
	encode(&pgproto3.Query{String: "commit"}), encode(&pgproto3.Terminate{}),
}

func TestTheApplicationGoesAtAnyTime(t *testing.T) {
	for name, gate := range map[string]pg.Gate{"free": nil, "guarded": open{}} {
		t.Run(name, func(t *testing.T) {
			g, database := listen(t, pg.Options{})
			g.Guard(gate)
			direct := connect(t, database)
			do(t, direct, "create table t (id int)")
			for n := range conversation {
				for _, half := range []bool{false, true} {
					f := dial(t, g)
					f.startup(t)
					f.write(conversation[:n]...)
					if m := conversation[n]; half {
						f.write(m[:len(m)/2])
					}
					if tcp, ok := f.Conn.(*net.TCPConn); ok && n%2 == 0 {
						_ = tcp.SetLinger(0)
					}
					_ = f.Close()
				}
			}
			eventually(t, "the server has ended their connections", func() bool {
				return one[int](t, direct, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'lockstep gateway'") == 0
			})
			n := one[int](t, direct, "select count(*) from t")
			if n%2 != 0 || n > 4 { // only the last two came to the commit, each with two rows
				t.Errorf("%d rows", n)
			}
			for _, e := range g.Record() {
				if e.Done.IsZero() {
					t.Errorf("it has not ended: %+v", e)
				}
			}
		})
	}
}

func TestWhatIsNotTheProtocol(t *testing.T) {
	g, database := listen(t, pg.Options{HandshakeTimeout: 300 * time.Millisecond})
	for name, c := range map[string]struct {
		said  string
		login bool
		want  string // in the FATAL error; empty: the connection is closed without one
	}{
		"nothing":         {"", false, ""},
		"half a head":     {"\x00\x00", false, ""},
		"HTTP":            {"GET / HTTP/1.1\r\n\r\n", false, "first message says that it has 1195725856 bytes"},
		"too short":       {"\x00\x00\x00\x04\x00\x00\x00\x00", false, "first message says that it has 4 bytes"},
		"again and again": {strings.Repeat("\x00\x00\x00\x08\x04\xd2\x16\x2f", 10), false, ""},
		"negative length": {"Q\xff\xff\xff\xff", true, "message 'Q' says that it has 4294967295 bytes"},
		"no length":       {"Q\x00\x00\x00\x00", true, "message 'Q' says that it has 0 bytes"},
		"too long":        {"\x01\x7f\xff\xff\xff", true, "message 0x01 says that it has 2147483647 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			f := dial(t, g)
			if c.login {
				f.startup(t)
			}
			f.write([]byte(c.said))
			_ = f.SetDeadline(time.Now().Add(10 * time.Second))
			rest, err := io.ReadAll(f.in)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the connection was not closed")
			}
			if !strings.Contains(string(rest), c.want) || (c.want != "") != strings.Contains(string(rest), "08P01") {
				t.Errorf("the application reads %q, want %q", rest, c.want)
			}
		})
	}
	t.Run("a kind that there is not", func(t *testing.T) {
		f := dial(t, g)
		f.startup(t)
		f.write([]byte("y\x00\x00\x00\x04"))
		if _, body, err := f.next(); err != nil || !strings.Contains(string(body), "invalid frontend message type") {
			t.Errorf("the server says %q, %v", body, err)
		}
		if notes := strings.Join(g.Notes(), "\n"); !strings.Contains(notes, "message 'y' of the application is not known here") {
			t.Errorf("the notes are %s", notes)
		}
	})
	if one[int](t, connect(t, database), "select 1") != 1 {
		t.Error("the server is gone")
	}
}

// odd is a way to a server that says something else where a word comes by.
func odd(t *testing.T, server, word string, instead []byte) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	relay := func(to, from net.Conn) {
		defer func() { _, _ = to.Close(), from.Close() }()
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			piece := buffer[:n]
			if strings.Contains(string(piece), word) {
				piece = instead
			}
			if _, err := to.Write(piece); err != nil {
				return
			}
		}
	}
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			conn, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			running.Go(func() { relay(conn, client) })
			running.Go(func() { relay(client, conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

func TestAServerThatDoesNotSpeakTheProtocol(t *testing.T) {
	database := postgres.NeedDatabase(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		says []byte
		want string
	}{
		"length":  {[]byte("D\xff\xff\xff\xff"), "message 'D' says that it has 4294967295 bytes"},
		"ends":    {[]byte("D\x00\x00"), ""},
		"unknown": {append([]byte("!\x00\x00\x00\x08oops"), "D\x00\x00\x00\x03"...), "message 'D' says that it has 3 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			way := *u
			way.Host = odd(t, u.Host, "trip over this", c.says)
			g, err := pg.Listen(limited(t), pg.Options{Upstream: way.String()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = g.Close() }()
			f := dial(t, g)
			f.startup(t)
			f.write(encode(&pgproto3.Query{String: "select 'trip over ' || 'this'"}))
			if name == "ends" {
				_ = f.Close()
				return
			}
			rest, _ := io.ReadAll(f.in)
			if !strings.Contains(string(rest), c.want) || !strings.Contains(string(rest), "08P01") {
				t.Errorf("the application reads %q", rest)
			}
			if record := g.Record(); len(record) != 1 || !strings.Contains(record[0].Err, c.want) {
				t.Errorf("the record is %+v", record)
			}
		})
	}
}

func saysThatThereIsNoServer(t *testing.T, g *pg.Gateway) {
	t.Helper()
	f := dial(t, g)
	message := binary.BigEndian.AppendUint32(nil, 16)
	message = append(binary.BigEndian.AppendUint32(message, 3<<16), "user\x00x\x00\x00"...)
	f.write(message[:15]) // a message may come in pieces
	f.write(message[15:])
	rest, _ := io.ReadAll(f.in)
	if !strings.Contains(string(rest), "Lockstep database gateway: no connection to the server") {
		t.Errorf("the application reads %q", rest)
	}
}
