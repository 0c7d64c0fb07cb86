package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed49090845/lockstep/harness/control"
)

// ErrServing says that the options fit, and the service could not do its work.
var ErrServing = errors.New("the service could not do its work")

// Flags are those of "lockstep serve". The zero value can be used.
type Flags struct {
	options                     control.Options
	tokenFile, certificate, key string
}

// Add adds the flags to a set, which fills them in.
func (f *Flags) Add(to *pflag.FlagSet) {
	o := &f.options
	to.StringVar(&o.Listen, "listen", control.DefaultListen, "address to listen at; port 0 chooses a free one")
	to.StringVar(&o.Database, "database", "", "SQLite file in which results are kept (default: in memory)")
	to.StringVar(&f.tokenFile, "token-file", "", "file with the token that callers have to show (default: that of LOCKSTEP_TOKEN, if it is set)")
	to.StringVar(&f.certificate, "tls-cert", "", "file with the certificate, as PEM")
	to.StringVar(&f.key, "tls-key", "", "file with its key, as PEM")
	to.BoolVar(&o.InsecureAllowRemote, "insecure-allow-remote", false, "let --listen be an address that other machines reach, without token and TLS")
	to.StringArrayVar(&o.Hosts, "allow-host", nil, "name by which callers may address the service beside localhost, as HOST or HOST:PORT (repeatable)")
	to.StringArrayVar(&o.Targets, "allow-target", nil, "host at which runs may be pointed beside the loopback, as HOST or HOST:PORT (repeatable)")
	to.IntVar(&o.Limits.Runs, "max-runs", 8, "runs at once")
	to.IntVar(&o.Limits.Users, "max-users", 10_000, "users that a scenario may have present at once")
	to.DurationVar(&o.Limits.Duration, "max-duration", 24*time.Hour, "how long a run may go on")
	to.IntVar(&o.Limits.Keep, "keep", 1000, "how many results are kept")
	to.DurationVar(&o.Limits.KeepFor, "keep-for", 30*24*time.Hour, "how long results are kept")
	to.DurationVar(&o.Drain, "drain", control.DefaultDrain, "how long runs in progress may take to finish when the service ends; 0 interrupts them")
}

// Options are what the flags say, with what is in their files and in the environment.
func (f *Flags) Options() (o control.Options, err error) {
	o = f.options
	if o.Drain == 0 {
		o.Drain = -1
	}
	if o.Token, err = TokenOf(f.tokenFile); err != nil {
		return o, err
	}
	if (f.certificate == "") != (f.key == "") {
		return o, errors.New("--tls-cert and --tls-key belong together")
	}
	if f.certificate != "" {
		pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
		if err != nil {
			return o, fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	return o, nil
}

// TokenOf is the token in a file, or without one that of LOCKSTEP_TOKEN; never an argument, which other processes can read.
func TokenOf(file string) (string, error) {
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

// Run serves until o.Stop is closed or the context ends (see control.Server.Serve), and writes the address to out first.
func Run(ctx context.Context, out io.Writer, o control.Options) (err error) {
	server, err := control.New(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, serving(server.Close())) }()
	listener, err := server.Listen(ctx)
	if err != nil {
		return serving(err)
	}
	fmt.Fprintf(out, "lockstep serves at %s\n", server.URL(listener))
	return serving(server.Serve(ctx, listener))
}

func serving(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrServing, err)
}

// Main is the whole main function of a program that serves scenarios besides those that are built in: it has the flags of
// "lockstep serve", serves until a signal comes, and exits with its codes: 0 it was interrupted; 1 the arguments are wrong; 3
// it could not be done.
func Main(scenarios ...control.Scenario) {
	os.Exit(program(os.Args, scenarios))
}

func program(args []string, scenarios []control.Scenario) int {
	var flags Flags
	set := pflag.NewFlagSet(args[0], pflag.ContinueOnError)
	flags.Add(set)
	err := set.Parse(args[1:])
	if errors.Is(err, pflag.ErrHelp) {
		return 0
	}
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("want flags alone, not %q", set.Arg(0))
	}
	if err == nil {
		err = untilSignals(&flags, scenarios)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrServing):
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// untilSignals serves: the first signal lets runs finish, the second interrupts them.
func untilSignals(flags *Flags, scenarios []control.Scenario) error {
	o, err := flags.Options()
	if err != nil {
		return err
	}
	ctx, interrupt := context.WithCancel(context.Background())
	stop, signals, done := make(chan struct{}), make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer func() { signal.Stop(signals); close(signals); <-done; interrupt() }()
	go func() {
		defer close(done)
		if _, more := <-signals; more {
			fmt.Fprintln(os.Stderr, "stopping: users finish what they do; interrupt again to stop now")
			close(stop)
			if _, more := <-signals; more {
				interrupt()
			}
		}
	}()
	o.Stop, o.Scenarios = stop, append(o.Scenarios, scenarios...)
	return Run(ctx, os.Stdout, o)
}
