package har_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/gateway/har"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock makes stamps, each later than the one before.
type clock struct {
	at  time.Time
	seq uint64
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)} }

func (c *clock) after(d time.Duration) gateway.Stamp {
	c.seq++
	c.at = c.at.Add(d)
	return gateway.Stamp{At: c.at, Seq: c.seq}
}

func fields(pairs ...string) []gateway.Field {
	var all []gateway.Field
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, gateway.Field{Name: pairs[i], Value: pairs[i+1]})
	}
	return all
}

func write(t testing.TB, o har.Options, exchanges ...gateway.Exchange) string {
	t.Helper()
	var b bytes.Buffer
	if err := har.Write(&b, exchanges, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(t testing.TB, text string) *har.Log {
	t.Helper()
	log, err := har.Read(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return log
}

// rename is a request that was held, and answered with a redirect.
func rename(c *clock) gateway.Exchange {
	form := "name=Friends&csrf=hunter2"
	e := gateway.Exchange{
		Number: 7, Method: http.MethodPost, URL: "http://127.0.0.1:8080/phonebooks/1/rename?lang=en%20GB&token=hunter2", Protocol: "HTTP/1.1",
		RequestHeader: fields("Host", "127.0.0.1:8080", "Cookie", "sid=hunter2; theme=hunter2", "Content-Type", "application/x-www-form-urlencoded",
			"Content-Length", "25", "Referer", "http://127.0.0.1:8080/phonebooks/1?token=hunter2"),
		RequestBody: []byte(form), RequestBytes: 300,
	}
	e.Out = c.after(0)
	e.Held = c.after(250 * time.Microsecond)
	e.Released = c.after(1500 * time.Millisecond)
	e.Sent = c.after(250 * time.Microsecond)
	e.In = c.after(12 * time.Millisecond)
	e.Status = http.StatusSeeOther
	e.ResponseHeader = fields("Location", "/phonebooks/1", "Set-Cookie", "sid=hunter2; Path=/; Expires=Sun, 01 Mar 2026 10:30:00 GMT; HttpOnly",
		"Content-Type", "text/plain; charset=utf-8", "Content-Length", "10")
	e.ResponseBody, e.ResponseBytes = []byte("See other\n"), 200
	e.Done = c.after(time.Millisecond)
	return e
}

// stuck is a request that is held still.
func stuck(c *clock) gateway.Exchange {
	e := gateway.Exchange{Number: 8, Method: http.MethodGet, URL: "https://127.0.0.1:8443/phonebooks", Protocol: "HTTP/2.0", RequestHeader: fields("Accept", "text/html")}
	e.Out = c.after(2 * time.Millisecond)
	e.Held = c.after(time.Millisecond)
	return e
}

// refused is a request that no server took.
func refused(c *clock) gateway.Exchange {
	e := gateway.Exchange{Number: 9, Method: http.MethodGet, URL: "http://127.0.0.1:1/", Protocol: "HTTP/1.1", Err: "GET /: token=hunter2: connection refused"}
	e.Out = c.after(time.Millisecond)
	e.Done = c.after(2 * time.Millisecond)
	return e
}
