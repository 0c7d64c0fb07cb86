package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// FailureSchema names the form of a FailureFile as JSON.
const FailureSchema = "lockstep/failure/1"

// FailureFile is a failure as it is kept: what happened, and what replays it.
type FailureFile struct {
	Schema   string         `json:"schema"`
	Scenario string         `json:"scenario"`
	Place    string         `json:"place"`
	Test     string         `json:"test"`
	Seed     int64          `json:"seed"`
	Failure  ExploreFailure `json:"failure"`
	// Folder is where Command is to be run, with the file's own path in LOCKSTEP_SCHEDULE.
	Folder  string   `json:"folder"`
	Command []string `json:"command"`
}

// ErrFailureFile is wrapped by the errors of files that are no failure files.
var ErrFailureFile = errors.New("not a failure file")

// ReadFailure reads a failure file.
func ReadFailure(path string) (*FailureFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &FailureFile{}
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrFailureFile, err)
	}
	if f.Schema != FailureSchema {
		return nil, fmt.Errorf("%s: %w: its schema is %q, want %q", path, ErrFailureFile, f.Schema, FailureSchema)
	}
	return f, nil
}

// String is the failure as the test told it.
func (f *FailureFile) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scenario %q of %s, explored at %s\n", f.Scenario, f.Test, f.Place)
	f.Failure.write(&b)
	return b.String()
}

// keep writes the failure file, the diagram and the evidence of the last replay, and says how to replay it.
func (e *exploration) keep(ctx context.Context, failure *ExploreFailure) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), evidenceLimit)
	defer cancel()
	evidence := evidenceOf(limited, e.scenario.used(), e.last.run.live)
	var problems []string
	failure.Files, problems = e.harness.save(evidence, e.scenario.name, nil)
	for _, problem := range problems {
		e.harness.t.Logf("lockstep: %s", problem)
	}
	folder := e.harness.options.artifacts
	if len(failure.Files) > 0 {
		folder = filepath.Dir(failure.Files[0])
	}
	kept := filepath.Join(folder, "failure.json")
	failure.Replay = e.replayLine(failure, kept)
	drawing := filepath.Join(folder, "failure.svg")
	failure.Files = append([]string{kept, drawing}, failure.Files...)
	text, err := json.MarshalIndent(e.file(failure), "", "  ")
	if err != nil {
		return err
	}
	for path, content := range map[string][]byte{kept: append(text, '\n'), drawing: []byte(drawSVG(e.namesBut(failure.gone), failure.events))} {
		if err := write(path, content); err != nil {
			return fmt.Errorf("keeping the failure: %w; %s chooses another folder", err, EnvArtifacts)
		}
	}
	return nil
}

// namesBut are the names of the sessions that are explored, without those that are gone.
func (e *exploration) namesBut(gone []string) []string {
	return slices.DeleteFunc(namesOf(e.sessions()), func(name string) bool { return slices.Contains(gone, name) })
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644) //nolint:gosec // for everybody to read, as the evidence is
}

func (e *exploration) file(failure *ExploreFailure) FailureFile {
	folder, _ := os.Getwd()
	return FailureFile{
		Schema: FailureSchema, Scenario: e.scenario.name, Place: e.place.String(), Test: e.harness.t.Name(), Seed: e.seed,
		Failure: *failure, Folder: folder, Command: append([]string{"go", "test", "-count=1"}, e.selects()...),
	}
}

// replayLine is what a shell replays the failure with, in the folder of the package's module.
func (e *exploration) replayLine(failure *ExploreFailure, kept string) string {
	given := failure.Short
	if given == "" {
		given = kept
	}
	return fmt.Sprintf("%s=%s %s", EnvSchedule, shellQuote(given), e.testLine())
}

// again is what a shell repeats the exploration with.
func (e *exploration) again() string {
	if inSpec(e.harness.t) && e.harness.options.seed == 0 {
		return e.testLine(fmt.Sprintf("-ginkgo.seed=%d", e.seed))
	}
	return fmt.Sprintf("%s=%d %s", EnvSeed, e.seed, e.testLine())
}

// testLine runs the test alone.
func (e *exploration) testLine(more ...string) string {
	words := []string{"go", "test", testPackage()}
	for _, argument := range append(e.selects(), more...) {
		words = append(words, shellQuote(argument))
	}
	return strings.Join(words, " ")
}

// selects are the arguments that select the test.
func (e *exploration) selects() []string {
	name := e.harness.t.Name()
	if inSpec(e.harness.t) {
		return []string{"-ginkgo.focus=" + regexp.QuoteMeta(name)}
	}
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return []string{"-run", strings.Join(parts, "/")}
}

// testPackage is where the test is, from the module's root on: tests run in the folders of their packages.
func testPackage() string {
	here, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := here; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			if relative, err := filepath.Rel(root, here); err == nil && relative != "." {
				return "./" + filepath.ToSlash(relative)
			}
			return "."
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}

// plainWord is what a shell leaves alone.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@%+-]+$`)

func shellQuote(text string) string {
	if plainWord.MatchString(text) && !strings.HasPrefix(text, "s1:") { // a schedule is in quotes, whatever it has
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// filesText names files by folder.
func filesText(files []string) string {
	var b strings.Builder
	folder := ""
	for _, file := range files {
		if in := filepath.Dir(file); in != folder {
			folder = in
			fmt.Fprintf(&b, "  kept in %s:\n", folder)
		}
		fmt.Fprintf(&b, "    %s\n", filepath.Base(file))
	}
	return b.String()
}
