package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/control/serve"
)

const serveHelp = `Run scenarios for whoever asks over HTTP: start, query, cancel, list, a stream of events, report files, and a live page.
There are url, har and phonebook; a program of your own adds others with one call (go doc ./harness/control/serve). The API is described at /openapi.json.

It listens on the loopback, and runs may be pointed at the loopback alone; --allow-target names other hosts. Any other address
to listen at needs a token (--token-file, or LOCKSTEP_TOKEN) and TLS (--tls-cert, --tls-key), or --insecure-allow-remote.

Results are kept in --database and survive a restart. The first interrupt (or SIGTERM) lets runs in progress finish, for at most
--drain; the second interrupts them. Their results are kept either way.

Exit codes: 0 it was interrupted; 1 the arguments are wrong; 3 it could not be done.`

func serveCommand() *cobra.Command {
	flags := &serve.Flags{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run scenarios for whoever asks over HTTP",
		Long:  serveHelp,
		Example: `  lockstep serve
  lockstep serve --database runs.db --allow-target staging.example:443
  lockstep serve --listen 0.0.0.0:7400 --token-file token --tls-cert cert.pem --tls-key key.pem`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := flags.Options()
			if err != nil {
				return err
			}
			ctx, stopped, release := patiently(cmd.Context(), cmd.ErrOrStderr())
			defer release()
			o.Stop, o.Scenarios = stopped, append(o.Scenarios, phonebookScenario())
			err = serve.Run(ctx, cmd.OutOrStdout(), o)
			if errors.Is(err, serve.ErrServing) {
				return failed(err)
			}
			return err
		},
	}
	flags.Add(cmd.Flags())
	return cmd
}
