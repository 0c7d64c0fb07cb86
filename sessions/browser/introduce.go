package browser

import (
	"strings"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// A browser context takes no credentials for its proxy. What follows is what drivers need to show them: the page asks
// for an address that the gateway answers by itself, the driver answers the gateway's challenge, and from then on the
// context remembers the credentials, for its other windows, workers and WebSockets too.

const hello = "http://" + gateway.HelloHost + "/"

// HelloPattern matches the address that a page asks for to show its credentials, as the domain Fetch takes it.
const HelloPattern = hello + "*"

// HelloScript asks for it, and leaves no trace in the page.
const HelloScript = `fetch(` + "`" + hello + "`" + `, {mode: 'no-cors', cache: 'no-store', credentials: 'include'}).then(() => { performance.clearResourceTimings(); return true })`

// IsHello tells whether an address or a text is about it: nobody is to see that.
func IsHello(text string) bool { return strings.Contains(text, hello) }
