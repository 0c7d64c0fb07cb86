package schedules_test

import (
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/seed49090845/lockstep/harness"
	"github.com/seed49090845/lockstep/sessions"
)

func TestSchedules(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Schedules")
}

// withEachDriver declares the specs once for each driver, or for the one that LOCKSTEP_DRIVER names.
func withEachDriver(declare func(driver string)) {
	if name := os.Getenv(sessions.EnvDriver); name != "" {
		Context("driven by "+name, Label(name), func() { declare(name) })
		return
	}
	for _, driver := range sessions.Drivers() {
		Context("driven by "+driver.Name(), Label(driver.Name()), func() { declare(driver.Name()) })
	}
}

// patient lets a busy machine take its time.
var patient = harness.PointLimit(20 * time.Second)
