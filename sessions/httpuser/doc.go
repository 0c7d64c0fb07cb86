// Package httpuser is a user without a browser: an HTTP client with a cookie jar and connections of its own,
// which follows redirects as browsers do and remembers each exchange.
//
// # Why
//
// Most users of a multi-user scenario need no rendering. One of these costs a few kilobytes and a
// millisecond where a browser costs megabytes and tens of milliseconds, and it can do what a page's
// scripts would: call the JSON API of the application. It can also use the same pages as a person, by
// filling in and sending the forms that they contain.
//
// # Use
//
//	user, err := httpuser.New(httpuser.Options{BaseURL: url})
//	defer user.Close()
//	page, err := user.Get(ctx, "/login")
//	form, err := page.Form("#login")
//	form.Values.Set("password", "secret")
//	page, err = user.Submit(ctx, form)
//	err = user.JSON(ctx, http.MethodPost, "/api/phonebooks", in, &out)
//
// # Concurrency
//
// A Client may be used by several goroutines; its jar is shared between them. It starts no goroutine that
// outlives a request but the idle connections of net/http, which Close ends.
//
// # Errors
//
// A status of 400 and above is an answer, not an error, but for JSON, whose error is a *StatusError with the
// beginning of the body. Everything else is wrapped with method and address.
package httpuser
