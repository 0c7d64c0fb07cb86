package harness

import (
	"context"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/seed49090845/lockstep/sessions"
)

// evidenceLimit is how long gathering evidence may take, for all sessions together.
const evidenceLimit = 15 * time.Second

// gather takes evidence of all sessions and writes it to files, if the run did not pass or was asked to.
func (r *run) gather(ctx context.Context, result *Result) {
	if result.Outcome == Passed && !r.harness.options.always {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), evidenceLimit) // an aborted run has evidence too
	defer cancel()
	result.Evidence = evidenceOf(ctx, r.scenario.used(), r.live)
	result.Files, result.Problems = r.harness.save(result.Evidence, result.Scenario, result.Problems)
}

// evidenceOf asks all sessions at once.
func evidenceOf(ctx context.Context, used []*Session, live map[*Session]sessions.Session) []*sessions.Evidence {
	all := make([]*sessions.Evidence, len(used))
	var asked sync.WaitGroup
	for i, s := range used {
		session, ok := live[s]
		if !ok {
			all[i] = &sessions.Evidence{Session: s.Name(), Tenant: s.tenant, Kind: s.kind, At: time.Now(), Problems: []string{"the session was not opened"}}
			continue
		}
		asked.Go(func() { all[i] = session.Evidence(ctx) })
	}
	asked.Wait()
	return all
}

// save writes evidence into a folder of the test's own, and adds at most one problem.
func (h *Harness) save(all []*sessions.Evidence, folder string, problems []string) (files, more []string) {
	folder = h.folder(folder)
	var errs []error
	names := map[string]bool{}
	for _, e := range all {
		written, err := e.Save(folder, unused(names, fileName(e.Session)))
		files = append(files, written...)
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		problems = append(problems, fmt.Sprintf("evidence of %d of %d sessions could not be written: %v; is the disk full, or the folder read-only? %s chooses another",
			len(errs), len(all), errs[0], EnvArtifacts))
	}
	return files, problems
}

// folders are those that this process has written into: a test can have several harnesses, and run again.
var folders = struct {
	sync.Mutex
	used map[string]bool
}{used: map[string]bool{}}

// folder is a new folder for what is written: a scenario that runs again gets another one.
func (h *Harness) folder(name string) string {
	folders.Lock()
	defer folders.Unlock()
	return unused(folders.used, filepath.Join(h.options.artifacts, fileName(h.t.Name()), fileName(name)))
}

// unused is the name, with a number if it was used before, and marks it.
func unused(used map[string]bool, name string) string {
	free := name
	for n := 2; used[strings.ToLower(free)]; n++ { // some file systems ignore case
		free = fmt.Sprintf("%s-%d", name, n)
	}
	used[strings.ToLower(free)] = true
	return free
}

// fileName makes a name that every file system takes. Where that shortens it, a checksum keeps it apart from others.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, name)
	const limit = 80
	if runes := []rune(clean); len(runes) > limit {
		clean = fmt.Sprintf("%s-%08x", string(runes[:limit]), crc32.ChecksumIEEE([]byte(name)))
	}
	if clean = strings.Trim(clean, "-."); clean == "" {
		return "unnamed"
	}
	return clean
}

// Evidence takes evidence of the sessions of the last run, as they are now, and returns the paths of what it
// wrote; what could not be written is logged. Runs that do not pass do so by themselves, and a test that fails
// after a run that passed does so when it ends.
func (h *Harness) Evidence(ctx context.Context) []string {
	h.mu.Lock()
	live := h.live
	h.mu.Unlock()
	var used []*Session
	for _, s := range h.declared() {
		if _, ok := live[s]; ok {
			used = append(used, s)
		}
	}
	if len(used) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceLimit)
	defer cancel()
	files, problems := h.save(evidenceOf(ctx, used, live), "after the runs", nil)
	for _, problem := range problems {
		h.t.Logf("lockstep: %s", problem)
	}
	return files
}

// lateEvidence is that of a test that failed, unless its last run has given its own.
func (h *Harness) lateEvidence(ctx context.Context) []string {
	h.mu.Lock()
	gathered := h.last != nil && len(h.last.Evidence) > 0
	h.mu.Unlock()
	if gathered {
		return nil
	}
	return h.Evidence(ctx)
}
