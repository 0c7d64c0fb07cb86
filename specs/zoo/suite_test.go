package zoo_test

import (
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
)

func TestZoo(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Zoo")
}

// stress is the slow lane.
func stress() bool { return os.Getenv("LOCKSTEP_STRESS") != "" }

// times are as many as are usual, or those of the slow lane.
func times(usual, slow int) int {
	if stress() {
		return slow
	}
	return usual
}

// seed is the same in every run, so that a table of rates is the same too.
const seed = 1

// A busy machine may take its time: from one point to the next, and for a verb, which lasts while its session is held.
const actionLimit = 2 * time.Minute

var patient = harness.PointLimit(30 * time.Second)
