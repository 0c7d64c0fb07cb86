package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/sessions/gateway/pg"
)

const pgHelp = `Run the database gateway alone: a proxy in front of PostgreSQL that prints each SQL statement of an application as it happens, with
its time, its rows or its SQLSTATE, and the locks that it waits for. Values are left out. COMMIT and ROLLBACK are statements;
BEGIN, SET and their like are not shown.

Statements are printed by request. Which request one belongs to is known
  - by the traceparent or route in its comment, where the application writes such (https://google.github.io/sqlcommenter/);
  - with --app, which puts a reverse proxy in front of the application: while one request is under way, all statements are its
    statements; while several are, all of them are named.
Else they are printed by connection and transaction.

The application's database becomes the address that is printed first, with its own password; applications that demand TLS of the
database need sslmode=disable. Everything listens on the loopback alone. While it looks, the statements of a pipeline go to the
server one after the other.

An interrupt ends it with a summary: the slowest and the most frequent statements, lock waits, what failed, and what was not understood.

Exit codes: 0 it was interrupted; 1 the arguments are wrong; 3 it could not be done, as where the server cannot be reached.`

// pgOptions are the flags of the command, as they were given.
type pgOptions struct {
	listen, upstream string
	app, appListen   string
	json             bool

	target *url.URL       // of app; nil without it
	server *pgconn.Config // of upstream
}

func pgCommand() *cobra.Command {
	o := &pgOptions{}
	cmd := &cobra.Command{
		Use:   "pg",
		Short: "Print the SQL statements of an application by request",
		Long:  pgHelp,
		Example: `  lockstep pg --upstream postgres://me@127.0.0.1:5432/shop
  lockstep pg --upstream postgres://me@127.0.0.1:5432/shop --app http://127.0.0.1:8080 --app-listen 127.0.0.1:8081
  PGPASSWORD=secret lockstep pg --listen 127.0.0.1:0 --upstream 'host=db.example user=me dbname=shop' --json | jq 'select(.ms > 10)'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(); err != nil {
				return err
			}
			return failed(o.run(cmd.Context(), newPGPrinter(cmd.OutOrStdout(), o.json)))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:6543", "loopback address at which the application finds its database; port 0 chooses a free one")
	f.StringVar(&o.upstream, "upstream", "", "the server, as an URL or as keywords and values; a password is better in PGPASSWORD or ~/.pgpass, since others can read arguments")
	f.StringVar(&o.app, "app", "", "address of the application, as in http://127.0.0.1:8080, to put a reverse proxy in front of it")
	f.StringVar(&o.appListen, "app-listen", "", "loopback address at which that proxy listens (default: 127.0.0.1 with a free port)")
	f.BoolVar(&o.json, "json", false, "print JSON, one object a line")
	return cmd
}

// complete finds all that is wrong with the flags at once.
func (o *pgOptions) complete() error {
	var wrong []error
	if o.upstream == "" {
		wrong = append(wrong, errors.New("--upstream is empty; want a server, as in postgres://user@127.0.0.1:5432/shop"))
	} else {
		var err error
		if o.server, err = pgconn.ParseConfig(o.upstream); err != nil {
			wrong = append(wrong, fmt.Errorf("--upstream: %w", err))
		}
	}
	if err := onLoopback(o.listen); err != nil {
		wrong = append(wrong, fmt.Errorf("--listen %q: %w", o.listen, err))
	}
	switch {
	case o.app == "" && o.appListen != "":
		wrong = append(wrong, errors.New("--app-listen without --app: name the application, as in --app http://127.0.0.1:8080"))
	case o.app != "":
		if o.appListen == "" {
			o.appListen = "127.0.0.1:0"
		}
		if err := onLoopback(o.appListen); err != nil {
			wrong = append(wrong, fmt.Errorf("--app-listen %q: %w", o.appListen, err))
		}
		target, err := url.Parse(o.app)
		if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Host == "" || target.Path != "" && target.Path != "/" {
			wrong = append(wrong, fmt.Errorf("--app %q: want an address without a path, as in http://127.0.0.1:8080", o.app))
		}
		o.target = target
	}
	return errors.Join(wrong...)
}

func onLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("want a loopback address, as in 127.0.0.1:6543: what goes through has no protection of its own")
	}
	return nil
}

// run prints until the context ends, and then the summary.
func (o *pgOptions) run(ctx context.Context, out *pgPrinter) (err error) {
	g, err := pg.Listen(ctx, pg.Options{Listen: o.listen, Upstream: o.upstream})
	if err != nil {
		return err
	}
	w := newPGWatch(out.tell)
	g.Guard(w)
	proxy, err := o.front(ctx, w)
	if err != nil {
		return errors.Join(err, g.Close(), out.end(nil))
	}
	out.listening(pgListening{Event: "listening", Gateway: withoutPassword(g.URL()), Upstream: net.JoinHostPort(o.server.Host, fmt.Sprint(o.server.Port)),
		Proxy: proxy.url(), App: o.app})
	select {
	case <-ctx.Done():
	case <-proxy.ended():
	}
	err = proxy.close()
	notes := g.Notes() // of before it was closed
	err = errors.Join(err, g.Close())
	return errors.Join(err, out.end(w.summary(notes)))
}

// front puts the reverse proxy in front of the application, if there is one.
func (o *pgOptions) front(ctx context.Context, w *pgWatch) (*pgProxy, error) {
	if o.target == nil {
		return nil, nil
	}
	return startPGProxy(ctx, o.appListen, o.target, w)
}

func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = url.User(u.User.Username())
	return u.String()
}

// inMS is in milliseconds, with the microseconds that matter here.
func inMS(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
