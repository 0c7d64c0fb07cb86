package harness

import (
	"io"
	"time"
)

// BodyGrace shortens the time that a body has to return when its context has ended.
func BodyGrace(d time.Duration) Option { return func(o *options) { o.bodyGrace = d } }

// LiveProgress shows progress as on a terminal of this width.
func LiveProgress(w io.Writer, width int) Option {
	return func(o *options) { o.display = display{w, func() int { return width }} }
}
