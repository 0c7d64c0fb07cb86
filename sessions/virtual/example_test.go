package virtual_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/virtual"
)

// printer is a recorder that prints what statistics would count.
type printer struct{}

func (printer) Record(s *virtual.Sample) {
	fmt.Printf("%s, %s in %q: status %d, %v\n", s.User, s.Name, s.Group, s.Status, s.Class)
}

func Example() {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + r.URL.Path {
		case "POST/login":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "7"})
			http.Redirect(w, r, "/items", http.StatusSeeOther)
		case "GET/items":
			cookie, err := r.Cookie("session")
			fmt.Fprintf(w, "items of session %v, %v", cookie.Value, err)
		default:
			http.NotFound(w, r)
		}
	}))
	defer shop.Close()

	target, err := virtual.NewTarget(virtual.Options{BaseURL: shop.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	u, err := target.User(sessions.Identity{Name: "user 17"}, printer{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer u.Close(ctx)

	err = u.Group("shopping", func() error {
		r, err := u.Do(ctx, virtual.Request{Name: "log in", Method: "POST", Path: "/login", JSON: map[string]string{"name": "Ada"}})
		if err != nil {
			return err
		}
		fmt.Println(r.Text())
		_, err = u.Get(ctx, "/none?page=2")
		return err
	})
	fmt.Println(err)
	// Output:
	// user 17, log in in "shopping": status 200, ok
	// items of session 7, <nil>
	// user 17, GET /none in "shopping": status 404, check
	// user 17: GET /none?page=2: status 404 Not Found, want 2xx or 304
}
