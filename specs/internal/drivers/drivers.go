package drivers

import (
	"os"

	"github.com/onsi/ginkgo/v2"

	"github.com/seed49090845/lockstep/sessions"
)

// Each declares the specs once for each driver, or for the one that LOCKSTEP_DRIVER names.
func Each(declare func(driver string)) {
	for _, name := range names() {
		ginkgo.Context("driven by "+name, ginkgo.Label(name), func() { declare(name) })
	}
}

// First is the driver for specs that take long and of which another driver shows nothing new; or that which LOCKSTEP_DRIVER names.
func First() string { return names()[0] }

func names() (all []string) {
	if name := os.Getenv(sessions.EnvDriver); name != "" {
		return []string{name}
	}
	for _, driver := range sessions.Drivers() {
		all = append(all, driver.Name())
	}
	return all
}
