package bench

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// items is how many rows the table has that statements look into.
const items = 1000

// scratch is a database of the benchmark's own.
type scratch struct {
	parent, name, address, server string
}

func newScratch(ctx context.Context, parent string) (*scratch, error) {
	d := &scratch{parent: parent, name: "lockstep_bench_" + strings.ToLower(rand.Text()[:8])}
	err := run(ctx, parent, "CREATE DATABASE "+d.name)
	if err != nil {
		return nil, fmt.Errorf("a database for the benchmark: %w", err)
	}
	if err := d.fill(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the database of the benchmark: %w", err), d.drop(context.WithoutCancel(ctx)))
	}
	return d, nil
}

func (d *scratch) fill(ctx context.Context) error {
	config, err := pgx.ParseConfig(d.parent)
	if err != nil {
		return err
	}
	d.address = within(config, d.name)
	conn, err := pgx.Connect(ctx, d.address)
	if err != nil {
		return err
	}
	d.server = "PostgreSQL " + conn.PgConn().ParameterStatus("server_version")
	_, err = conn.Exec(ctx, fmt.Sprintf(`CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL, stock int NOT NULL);
		INSERT INTO items SELECT n, 'item ' || n, 0 FROM generate_series(1, %d) n; ANALYZE items`, items))
	return errors.Join(err, conn.Close(ctx))
}

func (d *scratch) drop(ctx context.Context) error {
	return run(ctx, d.parent, "DROP DATABASE "+d.name+" WITH (FORCE)")
}

// within is the address of another database of the same server, for pgx and libpq alike.
func within(config *pgx.ConnConfig, database string) string {
	query := url.Values{}
	clear := config.TLSConfig == nil
	for _, other := range config.Fallbacks {
		clear = clear || other.TLSConfig == nil
	}
	switch {
	case config.TLSConfig == nil:
		query.Set("sslmode", "disable")
	case clear:
		query.Set("sslmode", "prefer")
	default:
		query.Set("sslmode", "require")
	}
	u := url.URL{Scheme: "postgres", Path: "/" + database, User: url.User(config.User)}
	if config.Password != "" {
		u.User = url.UserPassword(config.User, config.Password)
	}
	port := strconv.Itoa(int(cmp.Or(config.Port, 5432)))
	if strings.HasPrefix(config.Host, "/") { // the folder of a socket
		query.Set("host", config.Host)
		query.Set("port", port)
	} else {
		u.Host = net.JoinHostPort(config.Host, port)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// run sends one statement over a connection of its own.
func run(ctx context.Context, address, sql string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}
