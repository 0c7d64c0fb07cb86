package sessions

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// ErrNotIsolated says that sessions see each other's cookies or storage.
var ErrNotIsolated = errors.New("the sessions are not isolated from each other")

const (
	markScript = `/*lockstep:mark*/ (mark => {
	document.cookie = 'lockstep=' + mark;
	localStorage.setItem('lockstep', mark);
	return true;
})`
	readScript = `/*lockstep:read*/ ({ cookie: document.cookie, storage: localStorage.getItem('lockstep') })`
)

// CheckIsolation proves that the sessions share neither cookies nor storage: each leaves a mark at one and the
// same origin, and then each must see its own and nobody else's. The windows show an empty page afterwards,
// without a history.
func CheckIsolation(ctx context.Context, all []*Browser) error {
	origin, stop, err := serveBlank(ctx)
	if err != nil {
		return fmt.Errorf("isolation check: %w", err)
	}
	defer stop()
	marks := make([]string, len(all)) // names can have letters that no cookie can
	if err := atOnce(all, func(i int, b *Browser) error {
		marks[i] = rand.Text()
		if err := b.Navigate(ctx, origin); err != nil {
			return err
		}
		return b.Evaluate(ctx, call(markScript, marks[i]), nil)
	}); err != nil {
		return fmt.Errorf("isolation check: %w", err)
	}
	return atOnce(all, func(i int, b *Browser) error {
		var seen struct{ Cookie, Storage string }
		if err := b.Evaluate(ctx, readScript, &seen); err != nil {
			return err
		}
		if seen.Cookie != "lockstep="+marks[i] || seen.Storage != marks[i] {
			return &SessionError{Session: b.Name(), Err: fmt.Errorf("%w: it left the mark %s and finds the cookies %q and the storage %q; does the browser support contexts?",
				ErrNotIsolated, marks[i], seen.Cookie, seen.Storage)}
		}
		if err := b.Navigate(ctx, "about:blank"); err != nil {
			return err
		}
		if err := b.page.ForgetHistory(ctx); err != nil {
			return err
		}
		b.recorder.forget() // evidence is of the system under test
		if g := b.Gateway(); g != nil {
			g.Forget()
		}
		return nil
	})
}

// atOnce does something with all sessions at the same time and joins the errors.
func atOnce(all []*Browser, do func(int, *Browser) error) error {
	errs := make([]error, len(all))
	var working sync.WaitGroup
	for i, b := range all {
		working.Go(func() { errs[i] = do(i, b) })
	}
	working.Wait()
	return errors.Join(errs...)
}

// serveBlank serves an empty page on loopback. Its host is a name of its own, so that no cookie of it goes to
// the system under test: cookies do not tell ports apart.
func serveBlank(ctx context.Context) (origin string, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>lockstep</title><link rel=icon href=data:>"))
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	port := listener.Addr().(*net.TCPAddr).Port
	return fmt.Sprintf("http://isolation.localhost:%d/", port), func() {
		_ = server.Close()
		serving.Wait()
	}, nil
}
