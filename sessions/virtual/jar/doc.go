// Package jar keeps the cookies of one virtual user, as RFC 6265 says: domain, path, expiry and Secure decide
// what is sent where.
//
// # Why
//
// net/http/cookiejar locks, copies and allocates for every request, which at tens of thousands of requests a
// second is a good part of what a request costs. A user has a few cookies of one host: here they are a short
// list in the order in which they are sent, written straight into the request. A cookie that the server sets
// again, letter by letter, is not even parsed. What is kept and what is sent is the same as with
// net/http/cookiejar and the public suffix list; a property test compares the two.
//
// # Use
//
//	var cookies jar.Jar
//	cookies.Store(jar.Place{Host: "shop.example", Path: "/cart"}, []byte("id=7; Path=/"), time.Now())
//	header := cookies.Append(nil, jar.Place{Host: "shop.example", Path: "/"}, time.Now()) // id=7
//
// # Concurrency
//
// A Jar is one user's and has no lock: it is for one goroutine at a time.
//
// # Errors
//
// A cookie that is malformed or not the host's to set is ignored, as in browsers.
package jar
