package virtual_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sys/unix"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// serverEnv makes the test binary the server of the benchmarks, which is a process of its own on a core of its own.
const serverEnv = "LOCKSTEP_BENCH_SERVER"

const connections = 50

// serve answers with a small page and a cookie until the standard input ends.
func serve(address string) {
	pin(0)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(listener.Addr().String() + "\n")
	page := []byte(`{"items":[1,2,3],"name":"a small answer of the kind that an API gives"}`)
	go func() {
		_ = fasthttp.Serve(listener, func(ctx *fasthttp.RequestCtx) {
			ctx.Response.Header.Set("Set-Cookie", "session=0123456789abcdef; Path=/; HttpOnly")
			ctx.SetContentType("application/json")
			ctx.SetBody(page)
		})
	}()
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

// pin binds the process to a core.
func pin(core int) {
	var set unix.CPUSet
	set.Set(core)
	for _, thread := range threads() {
		_ = unix.SchedSetaffinity(thread, &set)
	}
	runtime.GOMAXPROCS(1)
}

func threads() []int {
	entries, _ := os.ReadDir("/proc/self/task")
	ids := []int{0}
	for _, entry := range entries {
		if id, err := strconv.Atoi(entry.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func startServer(b *testing.B) string {
	b.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serverEnv+"=127.0.0.1:0")
	in, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); _ = command.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return address[:len(address)-1]
}

// load lets all connections send requests, b.N together, and reports rate and processor time.
func load(b *testing.B, open func() (send func() error, shut func())) {
	b.Helper()
	procs := runtime.GOMAXPROCS(0)
	pin(1)
	defer runtime.GOMAXPROCS(procs)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	start, before := time.Now(), processorTime()
	for range connections {
		all.Go(func() {
			send, shut := open()
			defer shut()
			for left.Add(-1) >= 0 {
				if err := send(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "req/s")
	b.ReportMetric(float64((processorTime()-before).Nanoseconds())/float64(b.N)/1000, "cpu-µs/req")
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkBareLoop is the measure: fasthttp reads and writes, and nothing else happens.
func BenchmarkBareLoop(b *testing.B) {
	address := startServer(b)
	load(b, func() (func() error, func()) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
		var request fasthttp.Request
		var answer fasthttp.Response
		request.SetRequestURI("http://" + address + "/items")
		return func() error {
			if err := request.Write(out); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return err
			}
			return answer.Read(in)
		}, func() { conn.Close() }
	})
}

type counter struct{ samples, failures int64 }

func (c *counter) Record(s *virtual.Sample) {
	c.samples++
	if s.Class != virtual.OK {
		c.failures++
	}
}

// BenchmarkUser has cookies, a status check, deadlines and a context.
func BenchmarkUser(b *testing.B) {
	target, err := virtual.NewTarget(virtual.Options{BaseURL: "http://" + startServer(b)})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	load(b, func() (func() error, func()) {
		u, err := target.User(sessions.Identity{Name: "user"}, &counter{})
		if err != nil {
			b.Fatal(err)
		}
		return func() error {
			_, err := u.Get(ctx, "/items")
			return err
		}, func() { u.Close(ctx) }
	})
}
