package load_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/harness/load"
	"github.com/seed49090845/lockstep/harness/load/assert"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// unsound is a server that misbehaves in the way that the path says.
func unsound(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	stalled := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go misbehave(conn, stalled)
		}
	}()
	t.Cleanup(func() { close(stalled); listener.Close(); <-done })
	return "http://" + listener.Addr().String()
}

func misbehave(conn net.Conn, stalled <-chan struct{}) {
	defer conn.Close()
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	switch request.URL.Path {
	case "/resets":
		_ = conn.(*net.TCPConn).SetLinger(0)
	case "/stalls":
		<-stalled
	case "/truncates":
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
	case "/circles":
		_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: /circles\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	case "/elsewhere":
		_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	case "/garbage":
		_, _ = io.WriteString(conn, "\x00\xff garbage \r\n\r\n")
	default:
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
	}
}

func TestFaultsAreCountedAndNamed(t *testing.T) {
	target, err := virtual.NewTarget(virtual.Options{BaseURL: unsound(t), Timeouts: virtual.Timeouts{Request: 200 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]virtual.Class{"/resets": virtual.Reset, "/stalls": virtual.Timeout, "/truncates": virtual.Truncated, "/circles": virtual.Circle,
		"/elsewhere": virtual.Foreign, "/garbage": virtual.Malformed, "/well": virtual.OK}
	var scenarios []load.Scenario
	for path := range want {
		scenarios = append(scenarios, load.Scenario{Name: path, Target: target, Profile: injected(t, "atOnceUsers(5)"), User: func(ctx context.Context, u *load.User) error {
			_, err := u.Get(ctx, path)
			return err
		}})
	}
	result := run(t.Context(), t, load.Options{MaxLateness: -1}, scenarios...)
	for _, s := range result.Scenarios {
		passed := s.Users.Passed
		if (want[s.Name] == virtual.OK) != (passed == 5) || passed+s.Users.Failed != 5 || s.Total.Count() != 5 {
			t.Errorf("%s: %+v, %d requests", s.Name, s.Users, s.Total.Count())
		}
	}
	seen := map[virtual.Class]int64{}
	for _, f := range result.Failures {
		seen[f.Class] += f.Count
	}
	for path, class := range want {
		if class != virtual.OK && seen[class] != 5 {
			t.Errorf("%s: %d failures are %q, want 5; there are %v", path, seen[class], class, result.Failures)
		}
	}
	if len(result.UserFailures) != 6 {
		t.Errorf("%d reasons of users, want 6: %v", len(result.UserFailures), result.UserFailures)
	}
}

func TestUserFunctionsMayDoAnything(t *testing.T) {
	for name, c := range map[string]struct {
		user func(context.Context, *load.User) error
		want string
	}{
		"panics":  {func(context.Context, *load.User) error { panic("out of ideas") }, "panic: out of ideas (faults_test.go:"},
		"crashes": {func(_ context.Context, u *load.User) error { return []error{}[u.Iteration()] }, "panic: runtime error: index out of range [1] with length 0 (faults_test.go:"},
		"exits":   {func(context.Context, *load.User) error { runtime.Goexit(); return nil }, "runtime.Goexit"},
		"fails":   {func(context.Context, *load.User) error { return errors.New("no luck") }, "no luck"},
	} {
		for _, p := range []string{"atOnceUsers(3)", "constantConcurrentUsers(3).during(20ms)"} {
			result := run(t.Context(), t, load.Options{}, load.Scenario{Name: "s", Target: nowhere(t), Profile: injected(t, p), MaxUsers: 3, User: c.user})
			if u := result.Users; u.Failed != 3 || u.Started != 3 || u.Present != 0 {
				t.Errorf("%s, %s: %+v", name, p, u)
			}
			if f := result.UserFailures; len(f) != 1 || f[0].Count != 3 || !strings.Contains(f[0].Message, c.want) {
				t.Errorf("%s, %s: %+v, want 3 of %q", name, p, f, c.want)
			}
		}
	}
}

func TestAnAssertionAborts(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTeapot) }))
	defer server.Close()
	promises, err := assert.ParseAll("errors < 50% abort", `"GET /none" p95 < 1s`)
	if err != nil {
		t.Fatal(err)
	}
	scenario := load.Scenario{Name: "s", Target: targetOf(t, server.URL), Profile: injected(t, "constantUsersPerSec(20).during(1.hour)"),
		User: func(ctx context.Context, u *load.User) error { _, err := u.Get(ctx, "/"); return err }}
	result := run(t.Context(), t, load.Options{Assertions: promises, MaxLateness: -1}, scenario)
	aborted, ok := errors.AsType[*load.AbortError](result.Ended)
	if !ok || aborted.Assertion.String() != promises[0].String() || !errors.Is(result.Err(), load.ErrBroken) {
		t.Errorf("%v: %v", result.Ended, result.Err())
	}
	if text := fmt.Sprint(result.Err()); !strings.Contains(text, "no data") {
		t.Errorf("%s, want that the second has no data", text)
	}
	promises, _ = assert.ParseAll("errors < 50% abort after 1h", "count > 3") // silent on the twin
	scenario.Profile = injected(t, "rampUsers(20).during(600ms)")
	if result = run(t.Context(), t, load.Options{Assertions: promises, MaxLateness: -1}, scenario); result.Ended != nil || result.Users.Started != 20 {
		t.Errorf("%v, %+v", result.Ended, result.Users)
	}
}
