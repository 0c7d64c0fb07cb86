package pg

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

const (
	// askTimeout limits one question over the control connection.
	askTimeout = 5 * time.Second
	// maxPause is the longest time between two questions about one statement.
	maxPause = 50 * time.Millisecond
)

// whoBlocks needs no permission but that to connect. The second function is of waits for a safe snapshot
// (SERIALIZABLE READ ONLY DEFERRABLE).
const whoBlocks = `select pid, pg_blocking_pids(pid) || pg_safe_snapshot_blocking_pids(pid) from unnest($1::int[]) as pid`

// watcher asks the server, over the control connection, which of the released statements wait for locks.
type watcher struct {
	gateway *Gateway
	config  *pgx.ConnConfig
	level   string // of isolation, by default

	asking sync.Mutex // one question at a time
	conn   *pgx.Conn  // nil: it broke

	mu      sync.Mutex
	waiting map[*statement]*asked
	kick    chan struct{}
}

// asked is what is known of a statement's waiting.
type asked struct {
	next  time.Time // when to ask again
	pause time.Duration
	by    []uint32 // as it was last told
}

func newWatcher(ctx context.Context, g *Gateway) (*watcher, error) {
	config, err := pgx.ParseConfig(g.options.Upstream)
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	config.RuntimeParams["application_name"] = "lockstep gateway"
	w := &watcher{gateway: g, config: config, waiting: map[*statement]*asked{}, kick: make(chan struct{}, 1)}
	w.asking.Lock()
	defer w.asking.Unlock()
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	if _, err := w.ask(ctx, nil); err != nil {
		return nil, errors.Join(err, w.conn.Close(ctx))
	}
	return w, nil
}

// connect opens the control connection. asking is locked.
func (w *watcher) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.gateway.options.DialTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, w.config)
	if err != nil {
		return fmt.Errorf("control connection as %s to %s: %w%s", w.config.User, w.config.Database, err, hint(err))
	}
	if err := conn.QueryRow(ctx, "select reset_val from pg_settings where name = $1", isolationParameter).Scan(&w.level); err != nil {
		return errors.Join(fmt.Errorf("control connection: %w", err), conn.Close(ctx))
	}
	w.conn = conn
	return nil
}

// hint says what is missing where the server refuses.
func hint(err error) string {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return ""
	}
	switch refused.Code {
	case "42501":
		return "; its user needs CONNECT on the database, and EXECUTE on pg_blocking_pids and pg_safe_snapshot_blocking_pids"
	case "28000", "28P01":
		return "; its user needs LOGIN and the password, and a line of pg_hba.conf that lets it in"
	case "53300":
		return "; it needs one connection beside the application's: raise max_connections or the user's CONNECTION LIMIT"
	}
	return ""
}

// ask asks who keeps which of the processes waiting. asking is locked.
func (w *watcher) ask(ctx context.Context, pids []uint32) (map[uint32][]uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if w.conn == nil || w.conn.IsClosed() {
		if err := w.connect(ctx); err != nil {
			return nil, err
		}
	}
	numbers := make([]int32, len(pids))
	for i, pid := range pids {
		numbers[i] = int32(pid)
	}
	rows, err := w.conn.Query(ctx, whoBlocks, numbers)
	if err != nil {
		return nil, fmt.Errorf("control connection: %w%s", err, hint(err))
	}
	blocked := map[uint32][]uint32{}
	var pid int32
	var by []int32
	_, err = pgx.ForEachRow(rows, []any{&pid, &by}, func() error {
		for _, other := range by {
			if !slices.Contains(blocked[uint32(pid)], uint32(other)) {
				blocked[uint32(pid)] = append(blocked[uint32(pid)], uint32(other))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("control connection: %w%s", err, hint(err))
	}
	return blocked, nil
}

// released begins to watch a statement that went to the server.
func (w *watcher) released(s *statement) {
	if s.entry.Backend == 0 || !s.guarded && !w.gateway.options.LockWaits {
		return
	}
	pause := w.gateway.options.Unanswered
	w.mu.Lock()
	w.waiting[s] = &asked{next: time.Now().Add(pause), pause: pause}
	w.mu.Unlock()
	w.hurry()
}

// hurry lets run look when it has to ask next.
func (w *watcher) hurry() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

func (w *watcher) forget(s *statement) {
	if !s.guarded && !w.gateway.options.LockWaits {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, s)
}

// run asks about the statements that have waited long enough, until the gateway ends.
func (w *watcher) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := w.round()
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-w.kick:
		case <-w.gateway.life.Done():
			return
		}
	}
}

// round asks about those whose time has come, and returns how long it is until the next.
func (w *watcher) round() time.Duration {
	now := time.Now()
	var due []*statement
	var pids []uint32
	w.mu.Lock()
	for s, a := range w.waiting {
		if !a.next.After(now) {
			due, pids = append(due, s), append(pids, s.entry.Backend)
			a.pause = min(2*a.pause, maxPause)
			a.next = now.Add(a.pause)
		}
	}
	w.mu.Unlock()
	if len(due) > 0 {
		if blocked, err := w.question(w.gateway.life, pids); err == nil {
			for _, s := range due {
				w.tell(s, blocked[s.entry.Backend])
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	wait := time.Hour
	for _, a := range w.waiting {
		wait = min(wait, max(time.Until(a.next), 0))
	}
	return wait
}

// question asks, and notes what goes wrong.
func (w *watcher) question(ctx context.Context, pids []uint32) (map[uint32][]uint32, error) {
	w.asking.Lock()
	defer w.asking.Unlock()
	blocked, err := w.ask(ctx, pids)
	if err != nil && ctx.Err() == nil {
		w.gateway.notef("who waits for whom is not known: %v", err)
	}
	return blocked, err
}

// tell tells the gate and the record what a statement waits for, if that has changed.
func (w *watcher) tell(s *statement, by []uint32) {
	w.mu.Lock()
	a := w.waiting[s]
	changed := a != nil && !slices.Equal(a.by, by)
	if changed {
		a.by = by
	}
	w.mu.Unlock()
	if !changed || len(by) == 0 {
		return
	}
	backends := make([]Backend, len(by))
	for i, pid := range by {
		backends[i] = w.gateway.backend(pid)
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.conn.mu.Lock()
	if s.answered || s.ended || s.backed {
		s.conn.mu.Unlock()
		return
	}
	s.waits = s.passing != nil
	s.conn.mu.Unlock()
	s.note(func(e *Exchange) { e.Waits = append(e.Waits, Wait{By: backends, At: w.stamp()}) })
	if s.passing != nil {
		s.passing.Waits(backends, func(ctx context.Context) bool { return w.still(ctx, s) })
	}
}

func (w *watcher) stamp() gateway.Stamp { return w.gateway.record.stamp() }

// still asks whether the statement waits now.
func (w *watcher) still(ctx context.Context, s *statement) bool {
	if s.isAnswered() {
		return false
	}
	blocked, err := w.question(ctx, []uint32{s.entry.Backend})
	if err == nil && len(blocked[s.entry.Backend]) > 0 && !s.isAnswered() {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.waiting[s]; a != nil { // if it comes to wait again, that is news
		a.by, a.pause = nil, w.gateway.options.Unanswered
		a.next = time.Now().Add(a.pause)
		w.hurry()
	}
	return false
}

func (s *statement) isAnswered() bool {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	return s.answered || s.ended
}

func (w *watcher) close() {
	w.asking.Lock()
	defer w.asking.Unlock()
	if w.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = w.conn.Close(ctx)
	}
}
