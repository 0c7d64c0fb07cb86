package bench

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgbenchClients is how many connections pgbench has.
const pgbenchClients = 8

// Pgbench is the throughput that PostgreSQL's own benchmark measures: the medians of the rounds.
type Pgbench struct {
	Clients int `json:"clients"`
	// TPCB is its usual transaction of seven statements, Select one of a single SELECT, prepared, which does least at the server.
	TPCB   Throughput `json:"tpcb"`
	Select Throughput `json:"select"`
}

// Throughput is in transactions per second. Ratio is the median of the rounds' ratios, gateway to direct.
type Throughput struct {
	DirectTPS  float64 `json:"direct_tps"`
	GatewayTPS float64 `json:"gateway_tps"`
	Ratio      float64 `json:"ratio"`
}

// throughput runs pgbench both ways, round by round.
func (r *PGResult) throughput(ctx context.Context, addresses [2]string, o PGOptions) error {
	program, err := exec.LookPath(cmp.Or(o.Pgbench, "pgbench"))
	if err != nil {
		r.Note = fmt.Sprintf("without pgbench: %v; it comes with PostgreSQL", err)
		return nil
	}
	o.Progress("pgbench makes its tables")
	if _, err := pgbench(ctx, program, addresses[0], "-i", "-q", "-s", strconv.Itoa(pgbenchClients)); err != nil {
		return err
	}
	r.Pgbench = &Pgbench{Clients: pgbenchClients}
	if r.Pgbench.TPCB, err = inTurn(ctx, program, addresses, o, "TPC-B"); err != nil {
		return err
	}
	r.Pgbench.Select, err = inTurn(ctx, program, addresses, o, "select", "-S", "-M", "prepared")
	return err
}

func inTurn(ctx context.Context, program string, addresses [2]string, o PGOptions, name string, kind ...string) (Throughput, error) {
	arguments := append([]string{"-n", "-c", strconv.Itoa(pgbenchClients), "-T", strconv.Itoa(int(o.PgbenchTime / time.Second))}, kind...)
	var tps [2][]float64
	var ratios []float64
	for round := range o.Rounds {
		o.Progress(fmt.Sprintf("pgbench %s, round %d of %d", name, round+1, o.Rounds))
		for i := range addresses {
			way := (i + round) % 2
			n, err := pgbench(ctx, program, addresses[way], arguments...)
			if err != nil {
				return Throughput{}, err
			}
			tps[way] = append(tps[way], n)
		}
		ratios = append(ratios, tps[1][round]/tps[0][round])
	}
	return Throughput{DirectTPS: round(median(tps[0])), GatewayTPS: round(median(tps[1])), Ratio: round(median(ratios))}, nil
}

var tpsLine = regexp.MustCompile(`(?m)^tps = ([\d.]+)`)

// pgbench runs the program and returns its transactions per second, 0 if it did not say. The address is in its environment, since
// others can read arguments.
func pgbench(ctx context.Context, program, address string, arguments ...string) (tps float64, err error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return 0, err
	}
	mode := "disable"
	if config.TLSConfig != nil {
		mode = "require"
	}
	cmd := exec.CommandContext(ctx, program, arguments...)
	cmd.Env = append(os.Environ(), "PGHOST="+config.Host, "PGPORT="+strconv.Itoa(int(config.Port)), "PGUSER="+config.User,
		"PGPASSWORD="+config.Password, "PGDATABASE="+config.Database, "PGSSLMODE="+mode)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("pgbench %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(complaints.String()))
	}
	if found := tpsLine.FindSubmatch(output); found != nil {
		return strconv.ParseFloat(string(found[1]), 64)
	}
	return 0, nil
}
