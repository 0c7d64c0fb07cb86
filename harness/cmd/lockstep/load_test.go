package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// startShop starts a server to be loaded, and sets SHOP to its address: "shop".
func startShop(ts *testscript.TestScript, _ bool, _ []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/items":
			fmt.Fprint(w, `{"items":[1,2,3]}`)
		case "/echo":
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s", r.Method, r.Header.Get("X-Name"), body)
		case "/resets":
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			}
		case "/truncates":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		case "/stalls":
			<-r.Context().Done()
		case "/circles":
			http.Redirect(w, r, "/circles", http.StatusFound)
		case "/garbage":
			if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_, _ = io.WriteString(conn, "garbage\r\n\r\n")
				_ = conn.Close()
			}
		default:
			http.NotFound(w, r)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("SHOP", server.URL)
}

// interruptLoad lets three users be present for long, interrupts once a request has come, and expects a report and exit
// code 2: "interruptedload". With "twice" no answer comes, and the second interrupt does not wait for it.
func interruptLoad(ts *testscript.TestScript, _ bool, args []string) {
	twice := len(args) > 0
	var once sync.Once
	came := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(came) })
		if twice {
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	cmd := exec.Command("lockstep", "load", "--url", server.URL, "--profile", "constantConcurrentUsers(3).during(1.hour)", "--pause", "constant(5ms)",
		"--max-lateness", "0", "--json")
	var out bytes.Buffer
	cmd.Stdout = &out
	problems, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	killer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	select {
	case <-came:
	case <-time.After(time.Minute):
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	var told strings.Builder
	for lines := bufio.NewScanner(problems); lines.Scan(); {
		fmt.Fprintln(&told, lines.Text())
		if twice && strings.Contains(lines.Text(), "interrupt again to stop now") {
			ts.Check(cmd.Process.Signal(os.Interrupt))
		}
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFound {
		ts.Fatalf("after an interrupt: exit code %d, %v\n%s", code, err, told.String())
	}
	ended, why := `"passed": 3`, "the run was stopped"
	if twice {
		ended, why = `"interrupted": 3`, "stopping now"
	}
	for _, want := range []struct{ in, text string }{{out.String(), `"started": 3`}, {out.String(), ended}, {told.String(), why}} {
		if !strings.Contains(want.in, want.text) {
			ts.Fatalf("after an interrupt no %s in:\n%s\n%s", want.text, out.String(), told.String())
		}
	}
}
