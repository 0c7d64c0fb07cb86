package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed49090845/lockstep/fixtures/postgres"
)

// TestPG runs lockstep pg in front of a real server, one database for each script.
func TestPG(t *testing.T) {
	server := postgres.Need(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/pg",
		Setup: func(env *testscript.Env) error {
			address, err := server.NewDatabase(t.Context(), fmt.Sprintf("pg_%x", env.WorkDir[max(0, len(env.WorkDir)-20):]))
			if err != nil {
				return err
			}
			env.Values[bedKey{}] = &pgBed{upstream: address}
			env.Setenv("UPSTREAM", address)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":       exits,
			"watch":       func(ts *testscript.TestScript, _ bool, args []string) { bedOf(ts).watch(ts, args) },
			"sql":         func(ts *testscript.TestScript, neg bool, args []string) { bedOf(ts).sql(ts, neg, args) },
			"shows":       func(ts *testscript.TestScript, neg bool, args []string) { bedOf(ts).shows(ts, neg, args) },
			"contend":     func(ts *testscript.TestScript, _ bool, _ []string) { bedOf(ts).contend(ts) },
			"app":         func(ts *testscript.TestScript, _ bool, _ []string) { bedOf(ts).app(ts) },
			"get":         func(ts *testscript.TestScript, _ bool, args []string) { bedOf(ts).get(ts, args) },
			"together":    func(ts *testscript.TestScript, _ bool, _ []string) { bedOf(ts).together(ts) },
			"interrupted": func(ts *testscript.TestScript, _ bool, _ []string) { bedOf(ts).interrupted(ts) },
		},
	})
}

type bedKey struct{}

func bedOf(ts *testscript.TestScript) *pgBed { return ts.Value(bedKey{}).(*pgBed) }

// pgBed is a running lockstep pg, and what uses it.
type pgBed struct {
	upstream, gateway, proxy string
	cmd                      *exec.Cmd
	output                   growing
	release                  chan struct{} // ends a request that waits
	waiting                  chan struct{} // it has come
}

// growing is what a command has printed until now.
type growing struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all.Write(p)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all.String()
}

// watch starts it: "watch --json".
func (b *pgBed) watch(ts *testscript.TestScript, args []string) {
	b.cmd = exec.Command("lockstep", append([]string{"pg", "--listen", "127.0.0.1:0", "--upstream", b.upstream}, args...)...)
	b.cmd.Stdout, b.cmd.Stderr = &b.output, &b.output
	ts.Check(b.cmd.Start())
	ts.Defer(func() { _ = b.cmd.Process.Kill(); _ = b.cmd.Wait() })
	found := b.await(ts, `postgres://[^@]*@(127.0.0.1:\d+)`)
	b.gateway = regexp.MustCompile(`127.0.0.1:\d+`).ReplaceAllString(b.upstream, found[1])
	if strings.Contains(strings.Join(args, " "), "--app") {
		b.proxy = b.await(ts, `(?:application at |"proxy":")(http://127.0.0.1:\d+)`)[1]
	}
}

// await waits until it has printed what matches. It is still running: lines come at once.
func (b *pgBed) await(ts *testscript.TestScript, pattern string) []string {
	expression := regexp.MustCompile(pattern)
	looks := time.NewTicker(5 * time.Millisecond)
	defer looks.Stop()
	limit := time.After(time.Minute)
	for {
		if found := expression.FindStringSubmatch(b.output.String()); found != nil {
			return found
		}
		select {
		case <-looks.C:
		case <-limit:
			ts.Fatalf("within a minute it did not print %s, but:\n%s", pattern, b.output.String())
		}
	}
}

// shows expects output: "shows 'pattern' …", "! shows 'pattern'".
func (b *pgBed) shows(ts *testscript.TestScript, neg bool, args []string) {
	for _, pattern := range args {
		if !neg {
			b.await(ts, pattern)
		} else if regexp.MustCompile(pattern).MatchString(b.output.String()) {
			ts.Fatalf("it printed %s:\n%s", pattern, b.output.String())
		}
	}
}

func (b *pgBed) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(b.gateway)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = "shop"
	return pgx.ConnectConfig(ctx, config)
}

// sql sends statements over one connection: "sql 'SELECT 1' …". Negated, one of them has to fail.
func (b *pgBed) sql(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := b.connect(ctx)
	ts.Check(err)
	defer conn.Close(ctx)
	for _, sql := range args {
		if _, err = conn.Exec(ctx, sql); err != nil {
			break
		}
	}
	if neg != (err != nil) {
		ts.Fatalf("%q: %v", args, err)
	}
}

// contend lets a connection wait for the transaction of another, which ends only when the wait was printed.
func (b *pgBed) contend(ts *testscript.TestScript) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	holder, err := b.connect(ctx)
	ts.Check(err)
	defer holder.Close(ctx)
	_, err = holder.Exec(ctx, "BEGIN")
	ts.Check(err)
	_, err = holder.Exec(ctx, "UPDATE items SET stock = 1 WHERE id = 1")
	ts.Check(err)
	waited := make(chan error, 1)
	go func() {
		conn, err := b.connect(ctx)
		if err == nil {
			_, err = conn.Exec(ctx, "DELETE FROM items WHERE id = 1")
			_ = conn.Close(ctx)
		}
		waited <- err
	}()
	b.await(ts, `DELETE FROM items WHERE id = \?.*waits.?for.*, transaction 1[^,]*, which sent UPDATE items`)
	_, err = holder.Exec(ctx, "COMMIT")
	ts.Check(err)
	ts.Check(<-waited)
}

// app starts an application with requests of a statement or two; its address is $APP.
func (b *pgBed) app(ts *testscript.TestScript) {
	b.release, b.waiting = make(chan struct{}), make(chan struct{})
	run := func(r *http.Request, sql ...string) {
		conn, err := b.connect(r.Context())
		for _, s := range sql {
			if err == nil {
				_, err = conn.Exec(r.Context(), s)
			}
		}
		if err != nil {
			panic(err)
		}
		_ = conn.Close(r.Context())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/items/{id}", func(_ http.ResponseWriter, r *http.Request) { run(r, "SELECT 1", "SELECT 2, 3") })
	mux.HandleFunc("/wait", func(http.ResponseWriter, *http.Request) { close(b.waiting); <-b.release })
	mux.HandleFunc("/other", func(_ http.ResponseWriter, r *http.Request) { run(r, "SELECT 'other'") })
	mux.HandleFunc("/traced", func(_ http.ResponseWriter, r *http.Request) {
		run(r, "SELECT 'traced' /*traceparent='"+r.Header.Get("Traceparent")+"'*/")
	})
	mux.HandleFunc("/echo", func(out http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(out, "%s %s %v", r.Host, r.URL, r.Header["X-Forwarded-For"])
	})
	server := httptest.NewServer(mux)
	ts.Defer(server.Close)
	ts.Setenv("APP", server.URL)
}

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func (b *pgBed) ask(path string) (string, error) {
	r, err := http.NewRequest(http.MethodGet, b.proxy+path, nil)
	if err != nil {
		return "", err
	}
	if path == "/traced" {
		r.Header.Set("Traceparent", traceparent)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, body), err
}

// get asks the application through the proxy, and expects status and body: "get /items/1 200".
func (b *pgBed) get(ts *testscript.TestScript, args []string) {
	answer, err := b.ask(args[0])
	ts.Check(err)
	if !regexp.MustCompile("^" + args[1]).MatchString(answer) {
		ts.Fatalf("%s: %s, want %s", args[0], answer, args[1])
	}
}

// together asks for more while a request is under way.
func (b *pgBed) together(ts *testscript.TestScript) {
	first := make(chan error, 1)
	go func() { _, err := b.ask("/wait"); first <- err }()
	select {
	case <-b.waiting:
	case <-time.After(time.Minute):
		ts.Fatalf("the first request did not come in a minute")
	}
	for _, path := range []string{"/other", "/traced"} {
		_, err := b.ask(path)
		ts.Check(err)
	}
	close(b.release)
	ts.Check(<-first)
}

// interrupted interrupts it, and expects that it ends well.
func (b *pgBed) interrupted(ts *testscript.TestScript) {
	ts.Check(b.cmd.Process.Signal(os.Interrupt))
	if err := b.cmd.Wait(); err != nil {
		ts.Fatalf("after an interrupt: %v\n%s", err, b.output.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("output"), []byte(b.output.String()), 0o600))
}
