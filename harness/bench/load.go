package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// LoadOptions say what is measured.
type LoadOptions struct {
	// Rounds is how often each tool runs, all of them in turn.
	Rounds int
	// Connections are kept open by each tool; Duration is how long a run takes.
	Connections int
	Duration    time.Duration
	// Tools are where others than Lockstep are looked for before PATH; empty means PATH alone.
	Tools string
	// Progress is told what is measured; nil is in order.
	Progress func(string)
}

// LoadResult compares load tools, each on one processor core, with the server on another.
type LoadResult struct {
	Connections int        `json:"connections"`
	Rounds      int        `json:"rounds"`
	Seconds     float64    `json:"seconds"`
	Tools       []LoadTool `json:"tools"`
	// Missing are tools that were not found.
	Missing []string `json:"missing"`
}

// LoadTool is one of them.
type LoadTool struct {
	Name string `json:"name"`
	// RPS are the requests per second of each round, Median is that of them.
	RPS    []float64 `json:"rps"`
	Median float64   `json:"median"`
	// Ratio is how many times as fast Lockstep is: the median of the ratios within each round.
	Ratio float64 `json:"lockstep_ratio"`
}

// tool knows how to run a tool and where its figure is.
type tool struct {
	name    string
	command func(o *LoadOptions, url, folder string) []string
	rate    func(output []byte, folder string) (float64, error)
}

// The cores of the server and of the tool that is measured.
const (
	serverCore = "0"
	toolCore   = "1"
)

const k6Script = `import http from 'k6/http';
import { check } from 'k6';
export default function () {
  check(http.get(__ENV.TARGET), { 'status is 200': (r) => r.status === 200 });
}
`

func lockstepItself(self string) tool {
	return tool{"lockstep", func(o *LoadOptions, url, _ string) []string {
		return []string{self, "load", "--url", url, "--profile", fmt.Sprintf("constantConcurrentUsers(%d).during(%s)", o.Connections, o.Duration),
			"--check", "status = 200", "--max-lateness", "0", "--json"}
	}, func(output []byte, _ string) (float64, error) {
		var r struct {
			RPS      float64
			Requests struct{ KO int }
		}
		err := json.Unmarshal(output, &r)
		if err == nil && r.Requests.KO > 0 {
			err = fmt.Errorf("%d requests failed", r.Requests.KO)
		}
		return r.RPS, err
	}}
}

var otherTools = []tool{
	{"wrk", func(o *LoadOptions, url, _ string) []string {
		return []string{"wrk", "-t1", "-c" + strconv.Itoa(o.Connections), fmt.Sprintf("-d%.0fs", o.Duration.Seconds()), url}
	}, printedRate},
	{"hey", func(o *LoadOptions, url, _ string) []string {
		return []string{"hey", "-cpus", "1", "-c", strconv.Itoa(o.Connections), "-z", o.Duration.String(), url}
	}, printedRate},
	{"k6", func(o *LoadOptions, url, folder string) []string {
		return []string{"k6", "run", "--quiet", "--no-usage-report", "--vus", strconv.Itoa(o.Connections), "--duration", o.Duration.String(),
			"--env", "TARGET=" + url, "--summary-export", filepath.Join(folder, "k6.json"), filepath.Join(folder, "script.js")}
	}, func(_ []byte, folder string) (float64, error) {
		content, err := os.ReadFile(filepath.Join(folder, "k6.json"))
		if err != nil {
			return 0, err
		}
		var summary struct {
			Metrics struct {
				Requests struct{ Rate float64 } `json:"http_reqs"`
			}
		}
		return summary.Metrics.Requests.Rate, json.Unmarshal(content, &summary)
	}},
}

var ratePattern = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)

func printedRate(output []byte, _ string) (float64, error) {
	match := ratePattern.FindSubmatch(output)
	if match == nil {
		return 0, fmt.Errorf("its output has no rate: %.300s", output)
	}
	return strconv.ParseFloat(string(match[1]), 64)
}

// Load measures Lockstep's command line and those of other tools that are there, one after the other in each round: the
// requests per second of one core against a server on another. Self is the program whose commands "load" and "bench
// load --serve" are.
func Load(ctx context.Context, self string, o LoadOptions) (*LoadResult, error) {
	folder, err := os.MkdirTemp("", "lockstep-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "script.js"), []byte(k6Script), 0o600); err != nil {
		return nil, err
	}
	url, stop, err := startLoadServer(ctx, self)
	if err != nil {
		return nil, err
	}
	defer stop()
	r := &LoadResult{Connections: o.Connections, Rounds: o.Rounds, Seconds: o.Duration.Seconds(), Missing: []string{}}
	tools := []tool{lockstepItself(self)}
	for _, t := range otherTools {
		if _, err := o.find(t.name); err != nil {
			r.Missing = append(r.Missing, t.name)
			continue
		}
		tools = append(tools, t)
	}
	r.Tools = make([]LoadTool, len(tools))
	for n := range o.Rounds {
		for i, t := range tools {
			o.tell(fmt.Sprintf("round %d of %d: %s", n+1, o.Rounds, t.name))
			rps, err := t.run(ctx, &o, url, folder)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			r.Tools[i].Name, r.Tools[i].RPS = t.name, append(r.Tools[i].RPS, round(rps))
		}
	}
	r.compare()
	return r, nil
}

// compare takes ratios within rounds, since what else a machine does changes from one to the next.
func (r *LoadResult) compare() {
	for i := range r.Tools {
		t := &r.Tools[i]
		t.Median = median(t.RPS)
		ratios := make([]float64, len(t.RPS))
		for n := range t.RPS {
			ratios[n] = r.Tools[0].RPS[n] / t.RPS[n]
		}
		t.Ratio = round(median(ratios))
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func (o *LoadOptions) tell(what string) {
	if o.Progress != nil {
		o.Progress(what)
	}
}

// find looks for a tool in the folder of tools and in PATH.
func (o *LoadOptions) find(name string) (string, error) {
	if o.Tools != "" {
		if path, err := exec.LookPath(filepath.Join(o.Tools, name)); err == nil {
			return filepath.Abs(path)
		}
	}
	return exec.LookPath(name)
}

func (t tool) run(ctx context.Context, o *LoadOptions, url, folder string) (float64, error) {
	arguments := t.command(o, url, folder)
	path := arguments[0]
	if !filepath.IsAbs(path) {
		found, err := o.find(path)
		if err != nil {
			return 0, err
		}
		path = found
	}
	ctx, cancel := context.WithTimeout(ctx, o.Duration+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", toolCore, path}, arguments[1:]...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	var output, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &problems
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%w: %.500s", err, problems.String())
	}
	return t.rate(output.Bytes(), folder)
}

// startLoadServer starts the server as a process on a core of its own.
func startLoadServer(ctx context.Context, self string) (url string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, "taskset", "-c", serverCore, self, "bench", "load", "--serve")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("starting the server (with taskset of util-linux): %w", err)
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

// ServeLoad is the server of Load. It prints its address, answers with a small page and a cookie, and ends with its
// input.
func ServeLoad(ctx context.Context, in *os.File, out *os.File) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	page := []byte(`{"items":[1,2,3],"name":"a small answer of the kind that an API gives"}`)
	server := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.Response.Header.Set("Set-Cookie", "session=0123456789abcdef; Path=/; HttpOnly")
		ctx.SetContentType("application/json")
		ctx.SetBody(page)
	}}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(out, "http://%s/items\n", listener.Addr())
	_, _ = bufio.NewReader(in).ReadByte() // until it is closed
	return errors.Join(listener.Close(), ignoreClosed(<-served))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
