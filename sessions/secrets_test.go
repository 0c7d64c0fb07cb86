package sessions_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
)

// TestErrorsHaveNoSecrets checks the texts that reach reports: those of errors, and of what a session is doing.
func TestErrorsHaveNoSecrets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/json":
			_, _ = w.Write([]byte(`{"token": "hunter2"}`))
			return
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			return
		}
		http.Error(w, `{"token": "hunter2"}`, http.StatusForbidden)
	}))
	defer server.Close()
	s, err := sessions.OpenHTTP(sessions.Identity{Name: "clerk"}, sessions.HTTPOptions{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	refused := s.JSON(t.Context(), http.MethodGet, "/reset?token=hunter2&page=3", nil, nil)
	_, unreachable := s.Get(t.Context(), "http://127.0.0.1:1/reset?token=hunter2&page=3")
	_, malformed := s.Get(t.Context(), "http://%zz/?token=hunter2&page=3")
	var number int
	unexpected := s.JSON(t.Context(), http.MethodGet, "/json?token=hunter2&page=3", nil, &number)
	_, cut := s.Get(t.Context(), "/cut?token=hunter2&page=3")
	for _, text := range []string{refused.Error(), unreachable.Error(), malformed.Error(), unexpected.Error(), cut.Error(), s.Doing().String()} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "page=3") {
			t.Errorf("the secret is there, or more than it is gone:\n%s", text)
		}
	}
}

func TestErrorsOfBrowsersHaveNoSecrets(t *testing.T) {
	for _, driver := range sessions.Drivers() {
		t.Run(driver.Name(), func(t *testing.T) {
			pool := browsertest.NeedPool(t, driver, browser.PoolOptions{})
			s := openIn(t, pool, "owner", sessions.BrowserOptions{ActionTimeout: 2 * time.Second})
			if err := s.Navigate(t.Context(), "data:text/html,<p>a#token=hunter2&page=3"); err != nil {
				t.Fatal(err)
			}
			if err := s.Evaluate(t.Context(), "document.title = 'token=hunter2'", nil); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{
				"last seen":  s.Click(t.Context(), "#nothing"),
				"exception":  s.Evaluate(t.Context(), "(() => { throw new Error('at page=3 token=hunter2') })()", nil),
				"relative":   s.Navigate(t.Context(), "/reset?token=hunter2&page=3"),
				"no address": s.Navigate(t.Context(), "http://%zz/?token=hunter2&page=3"),
			} {
				if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "page=3") {
					t.Errorf("%s: the secret is there, or more than it is gone:\n%v", what, err)
				}
			}
		})
	}
}

func TestSaveEvidence(t *testing.T) {
	e := &sessions.Evidence{Session: "owner", Kind: sessions.KindBrowser, Source: "<p>", Screenshot: []byte("PNG")}
	folder := filepath.Join(t.TempDir(), "new", "folder")
	files, err := e.Save(folder, "owner")
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}

	// One part that cannot be written does not keep the others back.
	if err := os.Remove(filepath.Join(folder, "owner.png")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "owner.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	files, err = e.Save(folder, "owner")
	if err == nil || !strings.Contains(err.Error(), "owner.png") || len(files) != 2 {
		t.Errorf("%v, %v; want an error that names owner.png, and two files", files, err)
	}
	if _, err := e.Save(filepath.Join(folder, "owner.json"), "owner"); err == nil {
		t.Error("saving below a file did not fail")
	}
}
