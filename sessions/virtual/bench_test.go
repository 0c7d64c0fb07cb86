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

	"github.com/seed49090845/lockstep/harness/load/check"
	"github.com/seed49090845/lockstep/harness/load/stats"
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

func startServer(b testing.TB) string {
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

// BenchmarkUser has all that a load run has: cookies, a check, deadlines, a context, and full statistics.
func BenchmarkUser(b *testing.B) {
	address := startServer(b)
	run, err := stats.New(stats.Options{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkUser(b, address, virtual.Options{}, virtual.Request{Path: "/items", Check: check.Must(check.Status(200))}, run)
}

// BenchmarkUserWithJSON checks a value of the answer, too.
func BenchmarkUserWithJSON(b *testing.B) {
	address := startServer(b)
	run, err := stats.New(stats.Options{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkUser(b, address, virtual.Options{}, virtual.Request{Path: "/items", Check: check.Must(check.JSON("$.items[1]").Is(2))}, run)
}

// BenchmarkUserOnNetHTTP is the other transport.
func BenchmarkUserOnNetHTTP(b *testing.B) {
	address := startServer(b)
	run, err := stats.New(stats.Options{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkUser(b, address, virtual.Options{HTTP2: true}, virtual.Request{Path: "/items", Check: check.Must(check.Status(200))}, run)
}

func benchmarkUser(b *testing.B, address string, o virtual.Options, request virtual.Request, run *stats.Run) {
	b.Helper()
	o.BaseURL = "http://" + address
	target, err := virtual.NewTarget(o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	load(b, func() (func() error, func()) {
		u, err := target.User(sessions.Identity{Name: "user"}, run.Scenario("browse").Recorder())
		if err != nil {
			b.Fatal(err)
		}
		return func() error {
			u.Intend(time.Now())
			_, err := u.Do(ctx, request)
			return err
		}, func() { u.Close(ctx) }
	})
}

// TestIdleUsersCostLittle measures the heap of users that have sent a request and wait; their connections are
// made, and the server's half is in another process.
func TestIdleUsersCostLittle(t *testing.T) {
	users := 500
	if os.Getenv("LOCKSTEP_STRESS") != "" {
		users = 10_000
	}
	address := startServer(t)
	target, err := virtual.NewTarget(virtual.Options{BaseURL: "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // the first one only ages the pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	var waiting sync.WaitGroup
	idle, leave := make(chan struct{}), make(chan struct{})
	before := heap()
	for range users {
		waiting.Go(func() {
			u, err := target.User(sessions.Identity{Name: "user"}, nil)
			if err == nil {
				_, err = u.Get(t.Context(), "/items")
			}
			if err != nil {
				t.Error(err)
			}
			idle <- struct{}{}
			<-leave
			if err == nil {
				u.Close(context.Background())
			}
		})
		<-idle
	}
	each := (heap() - before) / uint64(users)
	close(leave)
	waiting.Wait()
	t.Logf("%d bytes for each of %d users, goroutine and connection included", each, users)
	if each > 20<<10 {
		t.Errorf("%d bytes for each of %d users, want at most 20 KiB", each, users)
	}
}
