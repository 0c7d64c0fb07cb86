package barrier_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sync/barrier"
	"github.com/seed49090845/lockstep/sync/barrier/barriertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func inMemory(_ *testing.T, name string, o barrier.Options) (barriertest.Barrier, error) {
	return barrier.New(name, o)
}

func TestConformance(t *testing.T) { barriertest.Run(t, inMemory) }

func TestConformanceInFakeTime(t *testing.T) { barriertest.RunInBubble(t, inMemory) }
