package sessions

import (
	"fmt"
	"os"

	"github.com/seed49090845/lockstep/sessions/browser"
	"github.com/seed49090845/lockstep/sessions/cdpdriver"
	"github.com/seed49090845/lockstep/sessions/roddriver"
)

// EnvDriver names the variable that chooses the driver.
const EnvDriver = "LOCKSTEP_DRIVER"

// Drivers are all drivers, the default first.
func Drivers() []browser.Driver { return []browser.Driver{cdpdriver.Driver{}, roddriver.Driver{}} }

// Driver finds a driver by its name. An empty name means LOCKSTEP_DRIVER, and where that is empty too,
// chromedp.
func Driver(name string) (browser.Driver, error) {
	from := "driver"
	if name == "" {
		name, from = os.Getenv(EnvDriver), EnvDriver
	}
	var names []string
	for _, driver := range Drivers() {
		if name == "" || name == driver.Name() {
			return driver, nil
		}
		names = append(names, driver.Name())
	}
	return nil, fmt.Errorf("%w: %s %q: want one of %v", ErrInvalidOption, from, name, names)
}
