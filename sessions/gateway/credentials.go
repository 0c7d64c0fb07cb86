package gateway

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// credentialsUser is the user of all gateways; who it is says the password.
const credentialsUser = "lockstep"

// HelloHost is a host that a gateway answers for itself, with an empty page: a browser that is led there shows its
// credentials once, and remembers them for all that follows. The name can belong to nobody: RFC 2606, section 2.
const HelloHost = "lockstep.invalid"

// errStranger says that somebody did not show the credentials.
var errStranger = errors.New("it serves its own session alone, and asks for credentials")

// admit tells whether the connection belongs to the session. One that has shown the credentials need not again.
func (c *client) admit(request head) bool {
	if c.admitted || c.gateway.options.Open {
		return true
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(credentialsUser+":"+c.gateway.secret))
	for _, given := range request.get("Proxy-Authorization") {
		c.admitted = c.admitted || subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
	}
	return c.admitted
}

// challenge asks for the credentials.
func (c *client) challenge(request head) (again bool, err error) {
	text := fmt.Sprintf("lockstep gateway of %s: %v\n", c.gateway.Session(), errStranger)
	fields := fmt.Sprintf("Proxy-Authenticate: Basic realm=\"lockstep\"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n", len(text))
	if strings.HasPrefix(request.first, http.MethodHead+" ") {
		text = ""
	}
	return c.answer(request, "407 Proxy Authentication Required", fields, text)
}

// hello answers a browser that has shown its credentials.
func (c *client) hello(request head) (again bool, err error) {
	return c.answer(request, "200 OK", "Content-Type: text/html\r\nContent-Length: 0\r\nCache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\n", "")
}

// answer answers a request that is for the gateway itself. The connection stays open if nothing of the request is left in
// it: what is left would be taken for the next one.
func (c *client) answer(request head, status, fields, text string) (again bool, err error) {
	body, err := request.requestFraming()
	again = err == nil && (body.kind == withoutBody || body.kind == withLength && body.length == 0)
	hop := "close"
	if again {
		hop = "keep-alive"
	}
	_, _ = fmt.Fprintf(c.writer, "HTTP/1.1 %s\r\n%sConnection: %s\r\nProxy-Connection: %[3]s\r\n\r\n%s", status, fields, hop, text)
	return again, c.writer.Flush()
}

func isHello(host string) bool { return strings.EqualFold(host, HelloHost) }
