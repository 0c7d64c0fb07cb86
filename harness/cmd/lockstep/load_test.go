package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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
		default:
			http.NotFound(w, r)
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("SHOP", server.URL)
}

// interruptLoad lets three users be present for long, interrupts once a request has come, and expects a report and exit
// code 2: "interruptedload".
func interruptLoad(ts *testscript.TestScript, _ bool, _ []string) {
	var once sync.Once
	came := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { once.Do(func() { close(came) }) }))
	defer server.Close()
	cmd := exec.Command("lockstep", "load", "--url", server.URL, "--profile", "constantConcurrentUsers(3).during(1.hour)", "--pause", "constant(5ms)",
		"--max-lateness", "0", "--json")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	ts.Check(cmd.Start())
	select {
	case <-came:
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		ts.Fatalf("no request came in a minute: %s", problems.String())
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFound {
		ts.Fatalf("after an interrupt: exit code %d, %v\n%s", code, err, problems.String())
	}
	for _, want := range []struct{ in, text string }{{out.String(), `"started": 3`}, {out.String(), `"passed": 3`}, {problems.String(), "the run was stopped"}} {
		if !bytes.Contains([]byte(want.in), []byte(want.text)) {
			ts.Fatalf("after an interrupt no %s in:\n%s\n%s", want.text, out.String(), problems.String())
		}
	}
}
