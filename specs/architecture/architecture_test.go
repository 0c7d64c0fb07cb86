package architecture_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/seed49090845/lockstep"

// goPackage is what the go command tells of a package.
type goPackage struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Standard     bool
	DepOnly      bool
	Deps         []string
}

// within tells whether the package is in a folder of the module.
func (p goPackage) within(folder string) bool { return within(p.ImportPath, folder) }

func within(path, folder string) bool {
	return path == module+"/"+folder || strings.HasPrefix(path, module+"/"+folder+"/")
}

func packages(t *testing.T) (own []goPackage, standard map[string]bool) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,TestImports,XTestImports,Standard,DepOnly,Deps", "./...")
	cmd.Dir = root(t)
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	standard = map[string]bool{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return own, standard
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Standard {
			standard[p.ImportPath] = true
		}
		if !p.DepOnly {
			own = append(own, p)
		}
	}
}

func root(t *testing.T) string {
	t.Helper()
	output, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	return filepath.Dir(strings.TrimSpace(string(output)))
}

// TestImportDirection checks: specs -> harness -> sessions -> drivers, harness -> sync, and what each may use.
func TestImportDirection(t *testing.T) {
	own, standard := packages(t)
	ginkgo := "github.com/onsi/ginkgo"
	rules := []struct {
		reason string
		in     func(goPackage) bool
		bad    func(imported string) bool
	}{
		{
			"sync/* is for anybody, so it imports the standard library and golang.org/x only (its conformance suites import what they test)",
			func(p goPackage) bool { return p.within("sync") },
			func(i string) bool {
				return !standard[i] && !strings.HasPrefix(i, "golang.org/x/") && !within(i, "sync")
			},
		},
		{
			"sessions know nothing of scenarios: harness is above them",
			func(p goPackage) bool { return p.within("sessions") },
			func(i string) bool { return within(i, "harness") || within(i, "specs") || within(i, "fixtures") },
		},
		{
			"sessions work under any test framework, so they import neither Ginkgo nor Gomega",
			func(p goPackage) bool { return p.within("sessions") },
			func(i string) bool {
				return strings.HasPrefix(i, ginkgo) || strings.HasPrefix(i, "github.com/onsi/gomega")
			},
		},
		{
			"sessions do not import sync: a session knows of itself alone",
			func(p goPackage) bool { return p.within("sessions") },
			func(i string) bool { return within(i, "sync") },
		},
		{
			"drivers know of browsers, not of sessions",
			func(p goPackage) bool { return p.within("sessions/cdpdriver") || p.within("sessions/roddriver") },
			func(i string) bool { return within(i, "sessions") && !within(i, "sessions/browser") },
		},
		{
			"rod is quiet upstream and stays exchangeable: its types are in roddriver alone, and in the suite that proves raw access",
			func(p goPackage) bool { return !p.within("sessions/roddriver") && !p.within("sessions/sessiontest") },
			func(i string) bool { return strings.HasPrefix(i, "github.com/go-rod/") },
		},
		{
			"chromedp stays in cdpdriver, in the suite that proves raw access, and in the benchmark that measures DevTools' interception",
			func(p goPackage) bool {
				return !p.within("sessions/cdpdriver") && !p.within("sessions/sessiontest") && !p.within("harness/bench")
			},
			func(i string) bool { return strings.HasPrefix(i, "github.com/chromedp/") },
		},
		{
			"harness is what specs stand on, and not the other way round; fixtures are for the command line alone",
			func(p goPackage) bool { return p.within("harness") && !p.within("harness/cmd") },
			func(i string) bool { return within(i, "specs") || within(i, "fixtures") },
		},
		{
			"a fixture is a system under test: it knows nothing of what tests it",
			func(p goPackage) bool { return p.within("fixtures") },
			func(i string) bool {
				return within(i, "harness") || within(i, "sessions") || within(i, "sync") || within(i, "specs")
			},
		},
		{
			"packages below harness take results as values, and leave Ginkgo to package harness",
			func(p goPackage) bool { return p.within("harness") && p.ImportPath != module+"/harness" },
			func(i string) bool { return strings.HasPrefix(i, ginkgo) },
		},
	}
	for _, rule := range rules {
		applies := false
		for _, p := range own {
			if !rule.in(p) {
				continue
			}
			applies = true
			for _, imported := range p.Imports {
				if rule.bad(imported) {
					t.Errorf("%s imports %s\n  %s", p.ImportPath, imported, rule.reason)
				}
			}
		}
		if !applies {
			t.Errorf("no package is under the rule %q: does it still fit the layout?", rule.reason)
		}
	}
}

// TestOneFileTalksToGinkgo checks that the core of the harness works without Ginkgo.
func TestOneFileTalksToGinkgo(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root(t), "harness", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var talking []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") && bytes.Contains(content, []byte(`"github.com/onsi/ginkgo`)) {
			talking = append(talking, filepath.Base(file))
		}
	}
	if !slices.Equal(talking, []string{"ginkgo.go"}) {
		t.Errorf("files of package harness that import Ginkgo: %v, want ginkgo.go alone", talking)
	}
}

// TestLayout checks that the top-level folders are the five, and that sync itself has no Go files.
func TestLayout(t *testing.T) {
	own, _ := packages(t)
	for _, p := range own {
		if !slices.ContainsFunc([]string{"harness", "sessions", "sync", "specs", "fixtures"}, p.within) {
			t.Errorf("%s is outside of the five top-level folders", p.ImportPath)
		}
		if p.ImportPath == module+"/sync" {
			t.Errorf("%s has Go files: a package named sync would hide the standard one", p.ImportPath)
		}
		for _, vague := range []string{"util", "utils", "common", "helpers", "misc"} {
			if filepath.Base(p.ImportPath) == vague {
				t.Errorf("%s has a name that says nothing", p.ImportPath)
			}
		}
	}
}

// TestEveryPackageHasOneDoc checks that every package says in its doc.go, and only there, what it is for.
func TestEveryPackageHasOneDoc(t *testing.T) {
	own, _ := packages(t)
	documented := regexp.MustCompile(`(?m)^// (Package|Command) \w+ [\s\S]*?\npackage \w+`)
	for _, p := range own {
		var with []string
		for _, file := range p.GoFiles {
			content, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if documented.Match(content) {
				with = append(with, file)
			}
		}
		if !slices.Equal(with, []string{"doc.go"}) {
			t.Errorf("%s: package documentation in %v, want doc.go alone", p.ImportPath, with)
		}
	}
}

// TestArchitectureNamesWhatIsThere checks that every path in backquotes in ARCHITECTURE.md exists.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	top := root(t)
	content, err := os.ReadFile(filepath.Join(top, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:harness|sessions|sync|specs|fixtures)(?:/[\\w./-]*)?|[\\w-]+/[\\w./-]+\\.go)`").FindAllSubmatch(content, -1)
	if len(names) < 10 {
		t.Fatalf("only %d paths found in ARCHITECTURE.md", len(names))
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(top, string(name[1]))); err != nil {
			t.Errorf("ARCHITECTURE.md names %s: %v", name[1], err)
		}
	}
	own, _ := packages(t)
	for _, p := range own {
		path := strings.TrimPrefix(p.ImportPath, module+"/")
		if strings.Contains(path, "internal") {
			continue
		}
		if !bytes.Contains(content, []byte("`"+path+"`")) {
			t.Errorf("ARCHITECTURE.md does not name the package %s", path)
		}
	}
}

// TestTheReadmesFirstSpecIsOneThatRuns checks that what newcomers copy is what is tested.
func TestTheReadmesFirstSpecIsOneThatRuns(t *testing.T) {
	top := root(t)
	readme, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile(filepath.Join(top, "specs", "first", "first_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, spec) {
		t.Error("README.md does not have specs/first/first_test.go word for word")
	}
}

// TestTheReadmesRaceIsOneThatRuns checks the same of the race: the README has the lines that matter, in their order.
func TestTheReadmesRaceIsOneThatRuns(t *testing.T) {
	top := root(t)
	readme, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile(filepath.Join(top, "specs", "first", "race_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```go\n(var voucher string\n.*?)```").FindSubmatch(readme)
	if shown == nil {
		t.Fatal("README.md shows no race")
	}
	rest := string(spec)
	for line := range strings.Lines(string(shown[1])) {
		line = strings.TrimSpace(line)
		before, after, found := strings.Cut(rest, line)
		if !found || strings.Count(before, "\n") > 3 && !strings.HasPrefix(line, "var voucher") { // a line or two may be left out
			t.Fatalf("README.md has the line %q, which specs/first/race_test.go does not have there", line)
		}
		rest = after
	}
}
