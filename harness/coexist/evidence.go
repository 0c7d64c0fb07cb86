package coexist

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/seed49090845/lockstep/sessions"
)

// evidenceLimit is how long gathering evidence may take, for all sessions of a failure together.
const evidenceLimit = 15 * time.Second

// keepEvidence takes evidence of the session that failed and of those it collided with, and writes it to files.
func (r *running) keepEvidence(m *member, f *Failure, crowd []*member) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.life), evidenceLimit)
	defer cancel()
	involved := []*member{m}
	for _, other := range crowd {
		if other != m && f.collidedWith(other.Name()) {
			involved = append(involved, other)
		}
	}
	all := make([]*sessions.Evidence, len(involved))
	var asked sync.WaitGroup
	for i, one := range involved {
		asked.Go(func() { all[i] = one.Evidence(ctx) })
	}
	asked.Wait()
	folder := filepath.Join(r.options.Evidence, fileName(r.String()), fileName(m.Name()))
	for _, e := range all {
		files, err := e.Save(folder, fileName(e.Session))
		if err != nil {
			r.problem("evidence could not be written: %v", err)
		}
		r.mu.Lock()
		r.evidence = append(r.evidence, files...)
		r.mu.Unlock()
	}
}

func (f *Failure) collidedWith(user string) bool {
	for _, in := range f.Values {
		for _, other := range in.Holders {
			if other.User == user {
				return true
			}
		}
	}
	return false
}

// fileName makes a name that every file system takes.
func fileName(name string) string {
	const limit = 80
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._", r) {
			return r
		}
		return '-'
	}, name)
	if runes := []rune(clean); len(runes) > limit {
		clean = string(runes[:limit])
	}
	return strings.Trim(strings.ReplaceAll(clean, "--", "-"), "-.")
}
