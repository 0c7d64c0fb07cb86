package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/harness"
)

func TestExploreFindsACheckThenAct(t *testing.T) {
	app := newTill(t, false)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), options...)
	t.Log(result)
	if len(result.Failures) != 1 {
		t.Fatal(result)
	}
	f := result.Failures[0]
	if f.Unstable != "" || !f.Minimal || !strings.Contains(f.Words, "/vouchers/{id}") {
		t.Errorf("%+v", f)
	}
	for _, name := range []string{"failure.json", "failure.svg", "owner.txt"} {
		found := false
		for _, file := range f.Files {
			found = found || filepath.Base(file) == name
		}
		t.Log(found, name)
	}
	if _, err := os.Stat(f.Files[0]); err != nil {
		t.Error(err)
	}
}

func TestExploreIsSilentOnTheSoundTwin(t *testing.T) {
	app := newTill(t, true)
	c := newClients(t, app.URL)
	sc, options := c.voucher(app)
	result := sc.Explore(t.Context(), harness.Exhaustive(), options...)
	t.Log(result)
	if err := result.Err(); err != nil || !result.Complete {
		t.Error(err)
	}
}
