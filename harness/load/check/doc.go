// Package check says of an answer all that is not as expected, each in one line, and saves what later requests need.
//
// # Why
//
// A load run that only counts statuses measures how quickly a system can be wrong. Checks are put together once,
// where mistakes in them are found with their place, and made by any number of users. All that fail are told, not
// the first alone: what was expected, and what was seen, shortened. A body is parsed once for all checks of it.
//
// # Use
//
//	created, err := check.All(
//		check.Status(201),
//		check.Header("Content-Type").Contains("json"),
//		check.JSON("$.items[*].id").Count(3).Save("first id"),
//		check.CSS(".error").Not(),
//		check.Time().AtMost(200*time.Millisecond),
//	)
//	_, err = u.Do(ctx, virtual.Request{Method: "POST", Path: "/items", JSON: item, Check: created})
//	id := u.Var("first id")
//
// Without a check of the status it must be 2xx or 304; AnyStatus is for answers of which the other checks say all.
// Answers of HTTP sessions are checked with Set.HTTP, other ones with Set.Verify.
//
// What looks is Status, Header, Body, Regexp, JSON (paths of RFC 9535, by ojg), CSS and Attribute (by goquery), XPath
// (1.0, over HTML or XML, by antchfx), Size, Hash and Time. What is wanted is that there is something, or Is,
// Contains, Matches, Count, AtMost and AtLeast, which are about the first value but for Count; Not is the contrary.
//
// # Concurrency
//
// Checks and sets do not change and may be used by many goroutines.
//
// # Errors
//
// All refuses what cannot be checked with sessions.ErrInvalidOption, each with the number of the check and, in an
// expression, the column, as far as its library tells. An answer that is not as expected is a *Error. A body that is
// not what a check reads, such as a page where JSON was expected, is a failure of that check.
package check
