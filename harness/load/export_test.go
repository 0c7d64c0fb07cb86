package load

import "time"

// SleepByTimers leaves the kernel out of short waits until it is called again, for tests whose clock is not the kernel's.
func SleepByTimers() (restore func()) {
	sleepBriefly = func(time.Duration) {}
	return func() { sleepBriefly = sleepExactly }
}
