package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// kernelError is how late the kernel wakes a thread: the default slack of timers.
const kernelError = 50 * time.Microsecond

// sleepExactly sleeps up to d, and rather a little less.
func sleepExactly(d time.Duration) {
	if d -= kernelError; d <= 0 {
		d = time.Microsecond // the slack comes on top
	}
	wait := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&wait, nil) // interrupted by a signal: the caller looks at the clock
}
