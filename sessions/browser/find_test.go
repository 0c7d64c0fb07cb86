package browser_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

func TestFindRefusesWhatTheVariableNames(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "none"), "folder": t.TempDir(), "not executable": plain, "no command": "no-such-browser",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(browser.EnvBrowser, path)
			_, err := browser.Find()
			if !errors.Is(err, browser.ErrNotFound) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), browser.EnvBrowser) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestFindTellsHowToGetOne(t *testing.T) {
	t.Setenv(browser.EnvBrowser, "")
	t.Setenv("PATH", t.TempDir())
	found, err := browser.Find()
	if err == nil {
		t.Skipf("%s is installed outside of PATH", found.Path)
	}
	if !errors.Is(err, browser.ErrNotFound) || !strings.Contains(err.Error(), "install") || !strings.Contains(err.Error(), browser.EnvBrowser) {
		t.Errorf("error = %v", err)
	}
}

func TestFindPrefersTheVariable(t *testing.T) {
	want := browsertest.Executable(t)
	t.Setenv(browser.EnvBrowser, want.Path)
	if found, err := browser.Find(); err != nil || found.Path != want.Path || found.Source != browser.EnvBrowser {
		t.Errorf("found %+v, %v", found, err)
	}
	t.Setenv(browser.EnvBrowser, filepath.Base(want.Path))
	t.Setenv("PATH", filepath.Dir(want.Path))
	if found, err := browser.Find(); err != nil || found.Path != want.Path {
		t.Errorf("by its command: %+v, %v", found, err)
	}
}

func TestVersion(t *testing.T) {
	version, err := browsertest.NeedBrowser(t).Version(t.Context())
	if err != nil || !strings.Contains(version, ".") {
		t.Errorf("version = %q, %v", version, err)
	}
}
