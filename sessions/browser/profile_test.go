package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestSweepRemovesFoldersOfTheDeadAlone(t *testing.T) {
	parent := t.TempDir()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{
		fmt.Sprintf("%s%d-1", profilePrefix, os.Getpid()):      true,
		fmt.Sprintf("%s%d-1", profilePrefix, gone.Process.Pid): false,
		profilePrefix + "x-1":                                  true,
		profilePrefix + "123":                                  true,
		profilePrefix + "-5-1":                                 true,
		"somebody-else":                                        true,
	} {
		if err := os.MkdirAll(filepath.Join(parent, name, "profile"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := sweep(parent); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(parent, name)); (err == nil) != stays {
			t.Errorf("%s: stays %v, want %v", name, err == nil, stays)
		}
	}
	if err := sweep(filepath.Join(parent, "nowhere")); err == nil {
		t.Error("a missing folder was swept")
	}
}

func TestRemoveProfileTakesNothingElse(t *testing.T) {
	dir := t.TempDir()
	if err := removeProfile(dir); !errors.Is(err, errNotOurs) {
		t.Errorf("error = %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error("it is gone")
	}
}
