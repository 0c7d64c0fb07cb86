package browser

import "github.com/seed49090845/lockstep/sessions/gateway"

// A browser context takes no credentials for its proxy. What follows is what drivers need to show them: the page asks
// for an address that the gateway answers by itself, the driver answers the gateway's challenge, and from then on the
// context remembers the credentials, for its other windows, workers and WebSockets too.

const hello = "http://" + gateway.HelloHost + "/"

// HelloPattern matches the address that a page asks for to show its credentials, as the domain Fetch takes it.
const HelloPattern = hello + "*"

// HelloScript asks for it. The page keeps a note of each request that ended; this one's is waited for and taken out.
const HelloScript = `fetch('` + hello + `', {mode: 'no-cors', cache: 'no-store', credentials: 'include'}).then(async () => {
	for (let tries = 0; tries < 50 && performance.getEntriesByType('resource').length === 0; tries++) {
		await new Promise(done => setTimeout(done));
	}
	performance.clearResourceTimings();
	return true;
})`
