package browser

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// profilePrefix begins the name of every folder that we make; the process id of its owner follows, so that
// a later run knows the folders of owners that died without a chance to clean up.
const profilePrefix = "lockstep-browser-"

func newProfile() (string, error) {
	return os.MkdirTemp("", fmt.Sprintf("%s%d-*", profilePrefix, os.Getpid()))
}

// removeProfile removes the folder. A helper process that is just ending can still write into it, so a
// folder that is not empty is tried again for a moment.
func removeProfile(dir string) error {
	if !strings.HasPrefix(filepath.Base(dir), profilePrefix) {
		return fmt.Errorf("remove %s: %w", dir, errNotOurs)
	}
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for attempt := 0; ; attempt++ {
		err := os.RemoveAll(dir)
		if err == nil || attempt == 100 {
			return err
		}
		<-retry.C
	}
}

// sweepOnce removes what earlier runs left when they were killed.
var sweepOnce = sync.OnceFunc(func() { _ = sweep(os.TempDir()) })

func sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		if owner, ok := profileOwner(entry); ok && !alive(owner) {
			errs = append(errs, os.RemoveAll(filepath.Join(parent, entry.Name())))
		}
	}
	return errors.Join(errs...)
}

func profileOwner(entry fs.DirEntry) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(entry.Name(), profilePrefix)
	if !ok || !entry.IsDir() {
		return 0, false
	}
	number, _, ok := strings.Cut(rest, "-")
	if !ok {
		return 0, false
	}
	pid, err := strconv.Atoi(number)
	return pid, err == nil && pid > 0
}
