package har

import (
	"time"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// timingsOf cuts the time of an exchange at its edges. Of one that goes on, or had no response, the parts that were not
// reached are zero; a response that begins before the request has ended waits for nothing. The parts make up the whole.
func timingsOf(e *gateway.Exchange) (Milliseconds, Timings) {
	end := e.Done.At
	for _, edge := range []gateway.Stamp{e.Out, e.Held, e.Released, e.Sent, e.In} {
		if e.Done.IsZero() && edge.At.After(end) {
			end = edge.At
		}
	}
	in := or(e.In, end)
	sent := or(e.Sent, in)
	if in.Before(sent) {
		in = sent
	}
	t := Timings{Blocked: unknown, Wait: milliseconds(in.Sub(sent)), Receive: milliseconds(end.Sub(in))}
	send := sent.Sub(e.Out.At)
	if !e.Held.IsZero() {
		held := or(e.Released, end).Sub(e.Held.At)
		if e.In.IsZero() || e.Held.Seq < e.In.Seq {
			t.Blocked, send = milliseconds(held), send-held
		} else {
			t.Held = milliseconds(held)
		}
	}
	t.Send = milliseconds(send)
	return milliseconds(end.Sub(e.Out.At)), t
}

func or(s gateway.Stamp, other time.Time) time.Time {
	if s.IsZero() {
		return other
	}
	return s.At
}
