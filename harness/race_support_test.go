package harness_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/httpuser"
)

// book is a phonebook which must not be renamed once it has a contact. It checks that, works, and then renames; the sound
// one lets nobody in meanwhile.
type book struct {
	*httptest.Server
	sound bool
	work  int                              // blocks that are hashed between the check and the act
	tell  func(path string) (at time.Time) // when a request arrived, if not what is so

	entry sync.Mutex // of the sound book: one at a time
	mu    sync.Mutex
	acts  []string
	acted chan struct{} // closed with the first of them
}

func newBook(t testing.TB, b *book) *book {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rename", b.rename)
	mux.HandleFunc("POST /contacts", b.add)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<button id="rename" onclick="fetch('/rename', {method: 'POST'})">rename</button>
			<button id="add" onclick="fetch('/contacts', {method: 'POST'})">add</button>`))
	})
	mux.HandleFunc("GET /patient", b.untilActed)
	mux.HandleFunc("POST /never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	b.acted = make(chan struct{})
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

func (b *book) rename(w http.ResponseWriter, r *http.Request) {
	defer b.enter()()
	if b.arrives(w, r, nil) > 0 {
		w.WriteHeader(http.StatusConflict)
		return
	}
	hash(b.work)
	b.act("renamed")
}

// hash is work: so many blocks of 64 KiB.
func hash(blocks int) {
	page := make([]byte, 64<<10)
	for range blocks {
		sum := sha256.Sum256(page)
		copy(page, sum[:])
	}
}

func (b *book) add(w http.ResponseWriter, r *http.Request) {
	defer b.enter()()
	b.arrives(w, r, []string{"contact"})
}

func (b *book) enter() (leave func()) {
	if !b.sound {
		return func() {}
	}
	b.entry.Lock()
	return b.entry.Unlock
}

// arrives notes when the request came to its check, does what it does at once, and counts what was done before.
func (b *book) arrives(w http.ResponseWriter, r *http.Request, at []string) (done int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	arrived := time.Now()
	if b.tell != nil {
		arrived = b.tell(r.URL.Path)
	}
	if !arrived.IsZero() {
		w.Header().Set(gateway.ArrivedField, arrived.Format(time.RFC3339Nano))
	}
	done = len(b.acts)
	b.note(at...)
	return done
}

func (b *book) act(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(what)
}

// note adds to the acts; b.mu is held.
func (b *book) note(acts ...string) {
	if len(b.acts) == 0 && len(acts) > 0 {
		close(b.acted)
	}
	b.acts = append(b.acts, acts...)
}

// untilActed answers when something was done.
func (b *book) untilActed(_ http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	acted := b.acted
	b.mu.Unlock()
	select {
	case <-acted:
	case <-r.Context().Done():
	}
}

// empty is before each round.
func (b *book) empty(context.Context, int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acts, b.acted = nil, make(chan struct{})
	return nil
}

// stored is what was done, in order.
func (b *book) stored(context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.acts, ", "), nil
}

var errRenamed = errors.New("it was renamed after it had a contact")

func (b *book) keepsItsName(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.acts) > 1 && slices.Equal(b.acts, []string{"contact", "renamed"}) {
		return errRenamed
	}
	return nil
}

// duel is a race of two users without browsers: the owner renames the book, the colleague adds a contact to it.
type duel struct {
	*harness.Harness
	t                *fakeT
	owner, colleague *harness.Session
	sc               *harness.Scenario
}

func newDuel(t *testing.T, b *book, options ...harness.Option) *duel {
	d := &duel{t: newT(t)}
	defaults := []harness.Option{harness.Artifacts(t.TempDir()), harness.Progress(nil), harness.Seed(42), harness.BaseURL(b.URL)}
	d.Harness = harness.New(d.t, append(defaults, options...)...)
	d.owner, d.colleague = d.HTTP("owner", harness.WithGateway()), d.HTTP("colleague", harness.WithGateway())
	d.sc = d.Scenario("rename a book / add a contact to it")
	return d
}

// marks are the requests that race.
func marks(path string) harness.StepOption {
	return harness.Marks(gateway.Match{Method: "POST", Path: path})
}

func posts(path string) any {
	return func(ctx context.Context, _ Gomega, s *sessions.HTTP) error {
		return posted(s.PostForm(ctx, path, nil))
	}
}

// posted is an error of the step if the application refused.
func posted(answer *httpuser.Response, err error) error {
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("%w: %d %s", errRefused, answer.Status, answer.Body)
	}
	return err
}

var errRefused = errors.New("the application refused")

// renames and adds are the two that race.
func (d *duel) renames() *harness.Step {
	return d.sc.Step(d.owner, "renames it", posts("/rename"), marks("/rename"))
}

func (d *duel) adds() *harness.Step {
	return d.sc.Step(d.colleague, "adds a contact", posts("/contacts"), marks("/contacts"))
}

// race is theirs, with all that a race can have.
func (d *duel) race(b *book) *harness.Race {
	return d.sc.Race(d.renames(), d.adds()).Before(b.empty).Stored(b.stored).Invariant("a filled book keeps its name", b.keepsItsName)
}
