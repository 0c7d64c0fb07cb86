package vars_test

import (
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sync/vars"
	"github.com/seed49090845/lockstep/sync/vars/varstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func inMemory(t *testing.T, o vars.Options) vars.Store {
	t.Helper()
	s, err := vars.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) { varstest.Run(t, inMemory) }

func TestOptions(t *testing.T) {
	if _, err := vars.New(vars.Options{AwaitTimeout: -1}); err == nil {
		t.Error("a negative limit was taken")
	}
}

// TestDefaultLimit waits half a minute of fake time.
func TestDefaultLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inMemory(t, vars.Options{})
		_, err := s.Await(t.Context(), "owner", "X", vars.Present())
		golden(t, "timeout_never_set", err)
	})
}
