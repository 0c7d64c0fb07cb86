package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/control"
)

const serveHelp = `Run scenarios for whoever asks over HTTP: start, query, cancel, list, a stream of events, report files, and a live page.
There are url, har and phonebook; "go doc ./harness/control" tells how a program adds its own. The API is described at /openapi.json.

It listens on the loopback, and runs may be pointed at the loopback alone; --allow-target names other hosts. Any other address
to listen at needs a token (--token-file, or LOCKSTEP_TOKEN) and TLS (--tls-cert, --tls-key), or --insecure-allow-remote.

Results are kept in --database and survive a restart. The first interrupt (or SIGTERM) lets runs in progress finish, for at most
--drain; the second interrupts them. Their results are kept either way.

Exit codes: 0 it was interrupted; 1 the arguments are wrong; 3 it could not be done.`

// serveOptions are the flags of the command, as they were given.
type serveOptions struct {
	control.Options
	tokenFile, certificate, key string
}

func serveCommand() *cobra.Command {
	o := &serveOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run scenarios for whoever asks over HTTP",
		Long:  serveHelp,
		Example: `  lockstep serve
  lockstep serve --database runs.db --allow-target staging.example:443
  lockstep serve --listen 0.0.0.0:7400 --token-file token --tls-cert cert.pem --tls-key key.pem`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(); err != nil {
				return err
			}
			ctx, stopped, release := patiently(cmd.Context(), cmd.ErrOrStderr())
			defer release()
			o.Stop = stopped
			return o.serve(ctx, cmd)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *serveOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", control.DefaultListen, "address to listen at; port 0 chooses a free one")
	f.StringVar(&o.Database, "database", "", "SQLite file in which results are kept (default: in memory)")
	f.StringVar(&o.tokenFile, "token-file", "", "file with the token that callers have to show (default: that of LOCKSTEP_TOKEN, if it is set)")
	f.StringVar(&o.certificate, "tls-cert", "", "file with the certificate, as PEM")
	f.StringVar(&o.key, "tls-key", "", "file with its key, as PEM")
	f.BoolVar(&o.InsecureAllowRemote, "insecure-allow-remote", false, "let --listen be an address that other machines reach, without token and TLS")
	f.StringArrayVar(&o.Hosts, "allow-host", nil, "name by which callers may address the service beside localhost, as HOST or HOST:PORT (repeatable)")
	f.StringArrayVar(&o.Targets, "allow-target", nil, "host at which runs may be pointed beside the loopback, as HOST or HOST:PORT (repeatable)")
	f.IntVar(&o.Limits.Runs, "max-runs", 8, "runs at once")
	f.IntVar(&o.Limits.Users, "max-users", 10_000, "users that a scenario may have present at once")
	f.DurationVar(&o.Limits.Duration, "max-duration", 24*time.Hour, "how long a run may go on")
	f.IntVar(&o.Limits.Keep, "keep", 1000, "how many results are kept")
	f.DurationVar(&o.Limits.KeepFor, "keep-for", 30*24*time.Hour, "how long results are kept")
	f.DurationVar(&o.Drain, "drain", control.DefaultDrain, "how long runs in progress may take to finish when the service ends")
}

// complete reads what is in files and in the environment.
func (o *serveOptions) complete() (err error) {
	if o.Token, err = tokenOf(o.tokenFile); err != nil {
		return err
	}
	if (o.certificate == "") != (o.key == "") {
		return errors.New("--tls-cert and --tls-key belong together")
	}
	if o.certificate != "" {
		pair, err := tls.LoadX509KeyPair(o.certificate, o.key)
		if err != nil {
			return fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	return nil
}

// tokenOf is the token in a file, or in the environment; never an argument, which other processes can read.
func tokenOf(file string) (string, error) {
	if file == "" {
		return os.Getenv("LOCKSTEP_TOKEN"), nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", fmt.Errorf("--token-file %s: it is empty", file)
	}
	return token, nil
}

func (o *serveOptions) serve(ctx context.Context, cmd *cobra.Command) (err error) {
	o.Scenarios = []control.Scenario{phonebookScenario()}
	server, err := control.New(ctx, o.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, failed(server.Close())) }()
	listener, err := server.Listen(ctx)
	if err != nil {
		return failed(err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "lockstep serves at %s\n", server.URL(listener))
	return failed(server.Serve(ctx, listener))
}
