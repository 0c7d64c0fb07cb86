package control

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/seed49090845/lockstep/harness/load/report"
)

// migrations lead from one version of the schema to the next: N.sql from N-1 to N. They are never changed, only added.
//
//go:embed migrations
var migrations embed.FS

// schemaVersion is the newest.
const schemaVersion = 2

// store keeps runs in SQLite. It may be used by many goroutines.
type store struct{ db *sql.DB }

// openStore opens the file, or memory if there is no name, and brings its schema up to date. The file is its own as long as
// it is open: another service would take this one's runs for those of a service that is gone.
func openStore(ctx context.Context, file string) (*store, error) {
	source := "file::memory:"
	if file != "" {
		if err := create(file); err != nil {
			return nil, err
		}
		source = "file:" + (&url.URL{Path: file}).EscapedPath()
	}
	db, err := sql.Open("sqlite", source+"?_txlock=immediate&_pragma=busy_timeout(2000)&_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	db.SetMaxOpenConns(1) // memory is that of a connection, and SQLite has one writer
	db.SetConnMaxLifetime(0)
	s := &store{db}
	if err := s.migrate(ctx); err != nil {
		if busy, ok := errors.AsType[*sqlite.Error](err); ok && busy.Code()&0xff == sqlite3.SQLITE_BUSY {
			err = fmt.Errorf("%w; each service needs a database of its own: %w", ErrInUse, err)
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), db.Close())
	}
	return s, nil
}

// create makes a file that nobody else may read, unless there is one.
func create(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	return f.Close()
}

func (s *store) close() error { return s.db.Close() }

// within runs a transaction.
func (s *store) within(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (s *store) migrate(ctx context.Context) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > schemaVersion {
			return fmt.Errorf("its schema has version %d, and this program knows %d: a newer one has written it", version, schemaVersion)
		}
		for ; version < schemaVersion; version++ {
			statements, err := migrations.ReadFile(fmt.Sprintf("migrations/%d.sql", version+1))
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(statements)); err != nil {
				return fmt.Errorf("to version %d of the schema: %w", version+1, err)
			}
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
		return err
	})
}

// insert adds a run that begins. The first of an id wins; for the others there is ErrExists.
func (s *store) insert(ctx context.Context, r *Run) error {
	summary, run, err := documents(r)
	if err != nil {
		return err
	}
	// A caller who goes away in the middle must not leave a run behind that nobody follows.
	_, err = s.db.ExecContext(context.WithoutCancel(ctx), "INSERT INTO runs (id, started, summary, run) VALUES (?, ?, ?, ?)", r.ID, r.Started.UnixNano(), summary, run)
	if refused, ok := errors.AsType[*sqlite.Error](err); ok && refused.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return fmt.Errorf("%w: %q", ErrExists, r.ID)
	}
	return err
}

// update writes what is known now. A run that has ended is not written again.
func (s *store) update(ctx context.Context, r *Run, of *report.Report) error {
	summary, run, err := documents(r)
	if err != nil {
		return err
	}
	whole, err := json.Marshal(of)
	if err != nil {
		return err
	}
	var ended *int64
	if r.Ended != nil {
		at := r.Ended.UnixNano()
		ended = &at
	}
	_, err = s.db.ExecContext(ctx, "UPDATE runs SET ended = ?, summary = ?, run = ?, report = ? WHERE id = ? AND ended IS NULL", ended, summary, run, whole, r.ID)
	return err
}

func documents(r *Run) (summary, run []byte, err error) {
	if summary, err = json.Marshal(r.RunSummary); err != nil {
		return nil, nil, err
	}
	run, err = json.Marshal(r)
	return summary, run, err
}

// remove takes back a run that never began.
func (s *store) remove(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM runs WHERE id = ?", id)
	return err
}

func (s *store) run(ctx context.Context, id string) (*Run, error) {
	var r Run
	return &r, s.document(ctx, "run", id, &r)
}

// report is nil if the run had none yet.
func (s *store) report(ctx context.Context, id string) (*report.Report, error) {
	var r *report.Report
	err := s.document(ctx, "coalesce(report, 'null')", id, &r)
	return r, err
}

func (s *store) document(ctx context.Context, column, id string, into any) error {
	var content []byte
	err := s.db.QueryRowContext(ctx, "SELECT "+column+" FROM runs WHERE id = ?", id).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %q", ErrUnknownRun, id)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// list has the latest first: of all runs, or of those that started before one.
func (s *store) list(ctx context.Context, limit int, before string) (all []RunSummary, err error) {
	number := int64(math.MaxInt64)
	if before != "" {
		if err := s.document(ctx, "number", before, &number); err != nil {
			return nil, err
		}
	}
	rows, err := s.db.QueryContext(ctx, "SELECT summary FROM runs WHERE number < ? ORDER BY number DESC LIMIT ?", number, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = []RunSummary{}
	for rows.Next() {
		var content []byte
		if err := rows.Scan(&content); err != nil {
			return nil, err
		}
		var one RunSummary
		if err := json.Unmarshal(content, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// unfinished are the ids of runs that never ended.
func (s *store) unfinished(ctx context.Context) (ids []string, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id FROM runs WHERE ended IS NULL ORDER BY number")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// prune forgets the oldest that have ended: those beyond a number, and those from before a time.
func (s *store) prune(ctx context.Context, keep int, before time.Time) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM runs WHERE ended IS NOT NULL AND
		(ended < ? OR number <= coalesce((SELECT number FROM runs ORDER BY number DESC LIMIT 1 OFFSET ?), 0))`, before.UnixNano(), keep)
	return err
}
