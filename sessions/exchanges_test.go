package sessions_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/browser/browsertest"
	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
)

// TestEvidenceHasExchanges checks that the evidence of both kinds of sessions has what their gateways recorded, and that
// of a session without a gateway has no such file.
func TestEvidenceHasExchanges(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "hunter2"})
		_, _ = w.Write([]byte("<p>pin=hunter2"))
	}))
	defer server.Close()
	redactor := sessions.Redactor{Names: []string{"pin"}}
	pool := browsertest.NeedPool(t, sessions.Drivers()[0], browser.PoolOptions{Gateway: gateway.Options{Bodies: 1 << 10}})
	owner := openIn(t, pool, "owner", sessions.BrowserOptions{BaseURL: server.URL, Redactor: redactor})
	if err := owner.Navigate(t.Context(), "/a?token=hunter2&page=3"); err != nil {
		t.Fatal(err)
	}
	checkExchanges(t, owner, server.URL)

	clerk := openClerk(t, sessions.HTTPOptions{BaseURL: server.URL, Redactor: redactor, Gateway: &gateway.Options{Bodies: 1 << 10}})
	checkExchanges(t, clerk, server.URL)

	for _, file := range saveEvidence(t, openClerk(t, sessions.HTTPOptions{BaseURL: server.URL})) {
		if strings.HasSuffix(file, ".har") {
			t.Errorf("%s of a session without a gateway", file)
		}
	}
}

func openClerk(t *testing.T, o sessions.HTTPOptions) *sessions.HTTP {
	t.Helper()
	clerk, err := sessions.OpenHTTP(sessions.Identity{Name: "clerk"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = clerk.Close(context.Background()) })
	if _, err := clerk.Get(t.Context(), "/a?token=hunter2&page=3"); err != nil {
		t.Fatal(err)
	}
	return clerk
}

func saveEvidence(t *testing.T, s sessions.Session) []string {
	t.Helper()
	files, err := s.Evidence(t.Context()).Save(t.TempDir(), s.Name())
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func checkExchanges(t *testing.T, s sessions.Session, server string) {
	t.Helper()
	files := saveEvidence(t, s)
	i := slices.IndexFunc(files, func(file string) bool { return filepath.Base(file) == s.Name()+".har" })
	if i < 0 {
		t.Fatalf("%s: no HAR in %v", s.Name(), files)
	}
	written, err := os.ReadFile(files[i])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), "hunter2") {
		t.Errorf("%s: a secret is in the HAR:\n%s", s.Name(), written)
	}
	log, err := har.Read(strings.NewReader(string(written)))
	if err != nil {
		t.Fatal(err)
	}
	found := slices.ContainsFunc(log.Entries, func(e har.Entry) bool {
		return e.Session == s.Name() && e.Request.URL == server+"/a?token=REDACTED&page=3" && e.Response.Status == http.StatusOK && e.Response.Content.Text == "<p>pin=REDACTED"
	})
	if !found {
		t.Errorf("%s: the request is not in the HAR:\n%s", s.Name(), written)
	}
}
