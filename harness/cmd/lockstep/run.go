package main

import (
	"crypto/tls"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/control/client"
	"github.com/seed49090845/lockstep/harness/control/serve"
)

// serviceOptions say which service is called.
type serviceOptions struct {
	server, tokenFile, authority string
	asJSON                       bool
}

func runCommand() *cobra.Command {
	o := &serviceOptions{}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Start, query, cancel and watch runs of a service",
		Long: `Start, query, cancel and watch runs of a service ("lockstep serve").

Exit codes: 0 all is well; 1 the arguments are wrong, or the service refused them; 2 a run that was looked at has ended and did
not pass; 3 it could not be done.`,
		Example: `  lockstep run start url --param url=http://localhost:8080 --total 100 --cps 10 --watch
  lockstep run list
  lockstep run query nightly-1 --json`,
	}
	f := cmd.PersistentFlags()
	f.StringVar(&o.server, "server", "", "address of the service (default: that of LOCKSTEP_SERVER, or http://127.0.0.1:7400)")
	f.StringVar(&o.tokenFile, "token-file", "", "file with the token of the service (default: that of LOCKSTEP_TOKEN, if it is set)")
	f.StringVar(&o.authority, "ca", "", "file with the certificate of an authority that is trusted besides the system's, as PEM")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	cmd.AddCommand(runStartCommand(o), runQueryCommand(o), runCancelCommand(o), runWatchCommand(o), runListCommand(o))
	return cmd
}

func (o *serviceOptions) client() (*client.Client, error) {
	options := client.Options{Server: o.server}
	if options.Server == "" {
		options.Server = os.Getenv("LOCKSTEP_SERVER")
	}
	var err error
	if options.Token, err = serve.TokenOf(o.tokenFile); err != nil {
		return nil, err
	}
	if o.authority != "" {
		roots, err := trusting(o.authority)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		options.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return client.New(options)
}
