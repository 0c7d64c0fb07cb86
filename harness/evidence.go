package harness

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/seed49090845/lockstep/sessions"
)

// evidenceLimit is how long gathering evidence may take, for all sessions together.
const evidenceLimit = 15 * time.Second

// gather takes evidence of all sessions and writes it down, if the run did not pass or was asked to.
func (r *run) gather(ctx context.Context, result *Result) {
	if result.Outcome == Passed && !r.harness.options.always {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), evidenceLimit) // an aborted run has evidence too
	defer cancel()
	result.Evidence = evidenceOf(ctx, r.used(), r.live)
	folder := filepath.Join(r.harness.options.artifacts, fileName(r.harness.t.Name()), fileName(result.Scenario))
	files, problems := save(result.Evidence, folder)
	result.Files = append(result.Files, files...)
	result.Problems = append(result.Problems, problems...)
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

func save(all []*sessions.Evidence, folder string) (files, problems []string) {
	for _, e := range all {
		written, err := e.Save(folder, fileName(e.Session))
		files = append(files, written...)
		if err != nil {
			problems = append(problems, fmt.Sprintf("evidence could not be written: %v; is the disk full, or the folder read-only? %s chooses another", err, EnvArtifacts))
		}
	}
	return files, problems
}

// fileName makes a name that every file system takes.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, name)
	const limit = 100
	if runes := []rune(clean); len(runes) > limit {
		clean = string(runes[:limit])
	}
	return strings.Trim(clean, "-.")
}

// Evidence takes evidence of the sessions of the last run, as they are now, and returns the paths of what it
// wrote. Failed runs do so by themselves; this is for tests that fail later.
func (h *Harness) Evidence(ctx context.Context) []string {
	h.mu.Lock()
	live := h.live
	h.mu.Unlock()
	if len(live) == 0 {
		return nil
	}
	var used []*Session
	for _, s := range h.declared() {
		if _, ok := live[s]; ok {
			used = append(used, s)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceLimit)
	defer cancel()
	files, problems := save(evidenceOf(ctx, used, live), filepath.Join(h.options.artifacts, fileName(h.t.Name()), "after the runs"))
	for _, problem := range problems {
		h.t.Logf("lockstep: %s", problem)
	}
	return files
}
