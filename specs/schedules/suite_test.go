package schedules_test

import (
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
)

func TestSchedules(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Schedules")
}

// patient lets a busy machine take its time.
var patient = harness.PointLimit(20 * time.Second)

// stress is the slow lane.
func stress() bool { return os.Getenv("LOCKSTEP_STRESS") != "" }
