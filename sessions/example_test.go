package sessions_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/seed49090845/lockstep/sessions"
	"github.com/seed49090845/lockstep/sessions/browser"
)

func ExampleOpenBrowser() {
	ctx := context.Background()
	driver, err := sessions.Driver("") // LOCKSTEP_DRIVER, or chromedp
	if err != nil {
		log.Fatal(err)
	}
	pool, err := browser.NewPool(driver, browser.PoolOptions{Warm: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	id := sessions.Identity{Name: "owner", Tenant: "acme"}
	owner, err := sessions.OpenBrowser(ctx, pool, id, sessions.BrowserOptions{BaseURL: "http://127.0.0.1:8080"})
	if err != nil {
		log.Fatal(err)
	}
	defer owner.Close(ctx)
	if err := owner.Navigate(ctx, "/phonebooks"); err != nil {
		log.Fatal(err) // "owner: navigate …" and why
	}
}

func ExampleOpenHTTP() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<h1>Phonebooks</h1>")
	}))
	defer server.Close()

	ctx := context.Background()
	clerk, err := sessions.OpenHTTP(sessions.Identity{Name: "clerk"}, sessions.HTTPOptions{BaseURL: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	defer clerk.Close(ctx)
	answer, err := clerk.Get(ctx, "/")
	if err != nil {
		log.Fatal(err)
	}
	title, err := answer.Text("h1")
	fmt.Println(answer.Status, title, err)
	fmt.Println(clerk.Doing())
	// Output:
	// 200 Phonebooks <nil>
	// idle after GET /
}

func ExampleRedactor() {
	var r sessions.Redactor
	fmt.Println(r.Text("Authorization: Bearer abc"))
	fmt.Println(r.URL("/reset?token=abc&page=2"))
	// Output:
	// Authorization: REDACTED
	// /reset?token=REDACTED&page=2
}
