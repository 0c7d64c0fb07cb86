package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"

	"github.com/seed49090845/lockstep/harness/control"
	"github.com/seed49090845/lockstep/harness/control/client"
	"github.com/seed49090845/lockstep/harness/control/serve"
)

// asProgram has the test binary be the program of the example.
const asProgram = "LOCKSTEP_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		ExampleMain()
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "LOCKSTEP_TOKEN=")
	return cmd
}

// TestAProgramServesItsOwnScenario runs the example as a process, starts a run in it, and ends it with a signal, while a run
// is in progress: what became of it is in the database.
func TestAProgramServesItsOwnScenario(t *testing.T) {
	shop := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer shop.Close()
	database := filepath.Join(t.TempDir(), "runs.db")
	cmd := program(t, "--listen", "127.0.0.1:0", "--database", database)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first, err := bufio.NewReader(output).ReadString('\n')
	c, clientErr := client.New(client.Options{Server: regexp.MustCompile(`http://\S+`).FindString(first)})
	if err != nil || clientErr != nil {
		t.Fatal(first, err, clientErr)
	}
	defer c.Close()
	params, _ := json.Marshal(Checkout{Shop: shop.URL, Items: 3})
	_, err = c.Start(t.Context(), control.Start{ID: "one", Scenario: "checkout", Params: params, Total: 5, Backlog: 1, MaxLateness: new(control.Duration)})
	if err != nil {
		t.Fatal(err)
	}
	if run, err := c.Watch(t.Context(), "one", func(*control.Run) {}); err != nil || run.Counts.Passed != 5 || run.Statistics.Requests.Total != 15 {
		t.Errorf("%+v %v", run, err)
	}
	if _, err := c.Start(t.Context(), control.Start{ID: "going", Scenario: "checkout", Params: params, Profile: "constantConcurrentUsers(1).during(1.hour)"}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	kept, err := control.New(t.Context(), control.Options{Database: database})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	for id, state := range map[string]control.State{"one": control.Passed, "going": control.Aborted} {
		if run, err := kept.Run(context.Background(), id); err != nil || run.State != state || !strings.Contains(run.Cause+"the run was stopped", "the run was stopped") {
			t.Errorf("%s: %+v %v", id, run, err)
		}
	}
}

// TestWhatIsWrongWithArguments has exit codes, and says what it is.
func TestWhatIsWrongWithArguments(t *testing.T) {
	inUse := httptest.NewServer(nil)
	defer inUse.Close()
	for name, c := range map[string]struct {
		args []string
		code int
		text string
	}{
		"help":       {[]string{"--help"}, 0, "--allow-target"},
		"a flag":     {[]string{"--databse", "x"}, 1, "unknown flag"},
		"a word":     {[]string{"checkout"}, 1, `not "checkout"`},
		"remote":     {[]string{"--listen", "0.0.0.0:0"}, 1, "a token and TLS are needed"},
		"a TLS half": {[]string{"--tls-cert", "x"}, 1, "belong together"},
		"no token":   {[]string{"--token-file", "none"}, 1, "--token-file"},
		"in use":     {[]string{"--listen", strings.TrimPrefix(inUse.URL, "http://")}, 3, "in use"},
	} {
		cmd := program(t, c.args...)
		text, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(text), c.text) {
			t.Errorf("%s: exit code %d, want %d, and %q in %s", name, cmd.ProcessState.ExitCode(), c.code, c.text, text)
		}
	}
}

func TestZeroDrainInterrupts(t *testing.T) {
	var f serve.Flags
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.Add(set)
	if err := set.Parse([]string{"--drain", "0"}); err != nil {
		t.Fatal(err)
	}
	if o, err := f.Options(); err != nil || o.Drain >= 0 {
		t.Errorf("%v %v: zero would be the default of 30s", o.Drain, err)
	}
}
