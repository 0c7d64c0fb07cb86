package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// TestABodyIsNoRequest posts to the gateway's own page what looks like another request: any page can make a browser do so.
func TestABodyIsNoRequest(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the body was taken for a request") })
	g, _ := listen(t, "owner")
	conn, reader := dial(t, g)
	smuggled := "GET " + address + "/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	fmt.Fprintf(conn, "POST http://%s/ HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", gateway.HelloHost, authorization(g), len(smuggled), smuggled)
	answers, err := io.ReadAll(reader)
	if err != nil || strings.Count(string(answers), "HTTP/1.1 ") != 1 {
		t.Errorf("%q, %v", answers, err)
	}
	if len(g.Record()) != 0 {
		t.Errorf("recorded %+v", g.Record())
	}
}

// TestAStrangersHEAD has no body in its answer: what is there would be taken for the next answer.
func TestAStrangersHEAD(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) {})
	g, _ := listen(t, "owner")
	for credentials, want := range map[string]int{"": 407, authorization(g): 200} {
		conn, reader := dial(t, g)
		for range 2 {
			fmt.Fprintf(conn, "HEAD %s/ HTTP/1.1\r\nHost: x\r\n%s\r\n", address, credentials)
			response, err := http.ReadResponse(reader, &http.Request{Method: http.MethodHead})
			if err != nil || response.StatusCode != want {
				t.Fatal(response, err)
			}
		}
	}
}
