package virtual_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

func TestRedirectsAreFollowed(t *testing.T) {
	transports(t, func(t *testing.T, o virtual.Options) {
		other := app(t, echo)
		home := app(t, func(w http.ResponseWriter, r *http.Request) {
			var status int
			if _, err := fmt.Sscanf(r.URL.Path, "/to/%d", &status); err == nil {
				w.Header().Set("Location", r.FormValue("l"))
				w.WriteHeader(status)
				return
			}
			echo(w, r)
		})
		o.Header = http.Header{"Authorization": {"x"}}
		u, seen := open(t, home, o)
		for _, c := range []struct{ method, path, want string }{
			{"POST", "/to/301?l=/e", "GET /e ||x"}, {"POST", "/to/302?l=/e", "GET /e ||x"}, {"POST", "/to/303?l=/e", "GET /e ||x"},
			{"POST", "/to/307?l=/e", "POST /e body|text/x|x"}, {"POST", "/to/308?l=/e", "POST /e body|text/x|x"},
			{"PUT", "/to/302?l=/e", "PUT /e body|text/x|x"}, {"PUT", "/to/303?l=/e", "GET /e ||x"},
			{"POST", "/to/307?l=../e%3Fa=1", "POST /e?a=1 body|text/x|x"}, {"POST", "/to/307?l=" + home + "/e", "POST /e body|text/x|x"},
			{"POST", "/to/302?l=/to/302%3Fl=/e", "GET /e ||x"},
		} {
			r, err := u.Do(t.Context(), virtual.Request{Method: c.method, Path: c.path, Body: []byte("body"), Header: virtual.Header{"Content-Type": "text/x"}})
			if err != nil || r.Text() != c.want || r.Redirects != strings.Count(c.path, "to/") || seen.last().Redirects != r.Redirects {
				t.Errorf("%s %s: %v, %v, want %s", c.method, c.path, r, err, c.want)
			}
		}
		if r, err := u.Get(t.Context(), "/to/302?l="+other); virtual.ClassOf(err) != virtual.Foreign || r.Status != 302 {
			t.Errorf("elsewhere: %v, %v", r, err)
		}
		o.Hosts = []string{strings.TrimPrefix(other, "http://")}
		friend, _ := open(t, home, o)
		if r, err := friend.Get(t.Context(), "/to/302?l="+other+"/e"); err != nil || r.Text() != "GET /e ||x" || r.URL() != other+"/e" {
			t.Errorf("to a friend: %v, %v", r, err) // the same host with another port
		}
		o.MaxRedirects = -1
		still, _ := open(t, home, o)
		if r, err := still.Do(t.Context(), virtual.Request{Path: "/to/302?l=/e", Check: any302}); err != nil || r.Status != 302 || r.Header("location") != "/e" {
			t.Errorf("not followed: %v, %v", r, err)
		}
	})
}

var any302 = virtual.CheckFunc(func(r *virtual.Response) error {
	if r.Status != 302 {
		return fmt.Errorf("status %d", r.Status)
	}
	return nil
})

// TestALoginThatRedirectsToItself is no circle: the cookie is new.
func TestALoginThatRedirectsToItself(t *testing.T) {
	transports(t, func(t *testing.T, o virtual.Options) {
		u, _ := open(t, app(t, func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("id"); err != nil {
				http.SetCookie(w, &http.Cookie{Name: "id", Value: "7"})
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return
			}
			fmt.Fprint(w, r.Header.Get("Cookie"))
		}), o)
		u.SetCookie("theme=dark; Path=/")
		if r, err := u.Get(t.Context(), "/login"); err != nil || !strings.Contains(r.Text(), "id=7") || !strings.Contains(r.Text(), "theme=dark") {
			t.Errorf("%v, %v", r, err)
		}
		if id, ok := u.Cookie("id", "/"); !ok || id != "7" {
			t.Errorf("cookie %q, %v", id, ok)
		}
	})
}
