package pg

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed49090845/lockstep/fixtures/postgres"
)

// wire is a connection whose application and whose server are the test, message by message.
type wire struct {
	t                     *testing.T
	conn                  *conn
	application, database net.Conn

	mu    sync.Mutex
	heard bytes.Buffer // by the application
}

// asking lets statements go, and keeps answers until it is told to hand them on.
type asking struct {
	letting
	back chan struct{}
}

func (a asking) Begin(Statement) Passing { return a }

func (a asking) Back(ctx context.Context) error {
	select {
	case <-a.back:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wired runs a test with a wire whose application has logged in, in a bubble: what has not come when everybody waits will not.
func wired(t *testing.T, gate func() Gate, test func(w *wire, gate Gate)) {
	synctest.Test(t, func(t *testing.T) {
		g := &Gateway{options: Options{MaxMessage: 1 << 20, HandshakeTimeout: time.Minute, Record: 100}, backends: map[uint32]*conn{}, noted: map[string]bool{}}
		g.life, g.end = context.WithCancelCause(t.Context())
		g.record = newRecord(g.options)
		g.watcher = &watcher{gateway: g, waiting: map[*statement]*asked{}, kick: make(chan struct{}, 1)}
		its := gate()
		g.Guard(its)
		client, application := net.Pipe()
		server, database := net.Pipe()
		w := &wire{t: t, application: application, database: database}
		w.conn = g.newConn(client, bufio.NewReaderSize(client, window), server, nil)
		var all sync.WaitGroup
		all.Go(func() { _ = w.conn.relay() })
		all.Go(func() { _, _ = io.Copy(io.Discard, database) })
		all.Go(func() { _, _ = io.Copy(w, application) })
		w.answers(message('R', uint32(0)), message('K', uint32(1), uint32(2)), message('Z', byte('I')))
		w.hears("RKZ")
		test(w, its)
		g.end(nil)
		for _, end := range []net.Conn{application, database, client, server} {
			_ = end.Close()
		}
		all.Wait()
	})
}

func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.heard.Write(p)
}

func (w *wire) says(messages ...[]byte)    { w.write(w.application, messages) }
func (w *wire) answers(messages ...[]byte) { w.write(w.database, messages) }

func (w *wire) write(to net.Conn, messages [][]byte) {
	w.t.Helper()
	if _, err := to.Write(bytes.Join(messages, nil)); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

// hears wants that the application has heard messages of these kinds since it was last asked, and nothing else.
func (w *wire) hears(kinds string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got string
	for r := bufio.NewReader(&w.heard); ; {
		m, err := next(r, 1<<20)
		if err != nil {
			break
		}
		got += string(m.kind)
		_, _ = r.Discard(m.size)
	}
	if got != kinds {
		w.t.Errorf("the application has heard %q, want %q", got, kinds)
	}
}

var (
	extendedQuery = [][]byte{
		message('P', "", "update t set n = 1", uint16(0)), message('B', "", "", uint16(0), uint16(0), uint16(0)), message('E', "", uint32(0)), message('S'),
	}
	idle = message('Z', byte('I'))
)

// An application that knows of the end before the Sync has committed it could tell others, who would not see it yet.
func TestTheEndIsHeardWhenItIsCommitted(t *testing.T) {
	for name, end := range map[string][]byte{"a success": message('C', "UPDATE 1"), "a failure": message('E', byte('C'), "23505", byte(0))} {
		t.Run(name, func(t *testing.T) {
			wired(t, func() Gate { return letting{} }, func(w *wire, _ Gate) {
				w.says(extendedQuery...)
				w.answers(message('1'), message('2'))
				w.hears("12")
				w.answers(end)
				w.hears("")
				w.answers(idle)
				w.hears(string(end[0]) + "Z")
			})
		})
	}
	t.Run("where nobody looks, at once", func(t *testing.T) {
		wired(t, func() Gate { return nil }, func(w *wire, _ Gate) {
			w.says(extendedQuery...)
			w.answers(message('1'), message('2'), message('C', "UPDATE 1"))
			w.hears("12C")
			w.answers(idle)
			w.hears("Z")
		})
	})
}

// What one sees of an answer it can act upon, while it still counts as waiting.
func TestRowsOfWhatWaitedAreWithheld(t *testing.T) {
	row := message('D', uint16(0))
	for name, waits := range map[string]bool{"it waited": true, "it did not": false} {
		t.Run(name, func(t *testing.T) {
			wired(t, func() Gate { return asking{back: make(chan struct{})} }, func(w *wire, gate Gate) {
				w.says(message('Q', "select n from t for update"))
				if waits {
					w.conn.mu.Lock()
					s := w.conn.running
					w.conn.mu.Unlock()
					w.conn.gateway.watcher.waiting[s] = &asked{}
					w.conn.gateway.watcher.tell(s, []uint32{7})
				}
				w.answers(message('T', uint16(0)), row, row)
				if !waits {
					w.hears("TDD")
					w.answers(message('C', "SELECT 2"), idle)
					w.hears("CZ")
					return
				}
				w.hears("")
				w.answers(message('C', "SELECT 2"), idle)
				w.hears("")
				close(gate.(asking).back)
				synctest.Wait()
				w.hears("TDDCZ")
			})
		})
	}
}

// A statement that was found not to wait any more may come to wait for the same again: that is news, and asked for soon.
func TestWhatDoesNotWaitAnyMoreIsAskedAboutAnew(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	g, err := Listen(ctx, Options{Upstream: postgres.NeedDatabase(t), Unanswered: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	s := &statement{conn: &conn{gateway: g}, entry: Exchange{Backend: g.watcher.conn.PgConn().PID()}}
	before := &asked{next: time.Now().Add(48 * time.Hour), pause: maxPause, by: []uint32{7}}
	g.watcher.mu.Lock()
	g.watcher.waiting[s] = before
	g.watcher.mu.Unlock()
	if g.watcher.still(ctx, s) {
		t.Error("it waits")
	}
	g.watcher.mu.Lock()
	defer g.watcher.mu.Unlock()
	if before.by != nil || before.pause != time.Hour || time.Until(before.next) > time.Hour {
		t.Errorf("%+v", before)
	}
}
