package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed49090845/lockstep/harness/bench"
)

func benchGatewayCommand() *cobra.Command {
	var o bench.GatewayOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "gateway",
		Short: "Measure what a gateway adds to each request",
		Long: `Measure what a gateway adds to each request: the latency of single requests on an open connection, directly and
through a gateway in turn, and the requests per second of several connections. Client, gateway and server share
this machine; times are in milliseconds.`,
		Example: `  lockstep bench gateway
  lockstep bench gateway --requests 20000 --connections 16 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Requests < 10 || o.Connections < 1 {
				return fmt.Errorf("--requests %d, --connections %d: want at least ten requests and one connection", o.Requests, o.Connections)
			}
			progress, wipe := progressLine(cmd.ErrOrStderr())
			o.Progress = progress
			r, err := bench.Gateway(cmd.Context(), o)
			wipe()
			if err != nil {
				return failed(err)
			}
			if asJSON {
				return printJSON(cmd, r)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%d requests each way\n", r.Requests)
			fmt.Fprintf(out, "direct      %8.3f ms p50 %8.3f ms p99 %8.3f ms max %10.0f requests/s over %d connections\n",
				r.Direct.P50, r.Direct.P99, r.Direct.Max, r.DirectRPS, r.Connections)
			fmt.Fprintf(out, "gateway     %8.3f ms p50 %8.3f ms p99 %8.3f ms max %10.0f requests/s\n",
				r.Gateway.P50, r.Gateway.P99, r.Gateway.Max, r.GatewayRPS)
			fmt.Fprintf(out, "added       %8.3f ms p50 %8.3f ms p99\n", r.AddedP50, r.AddedP99)
			return nil
		},
	}
	cmd.Flags().IntVar(&o.Requests, "requests", 5000, "how many single requests, each way")
	cmd.Flags().IntVar(&o.Connections, "connections", 8, "how many connections send at once for the throughput")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
