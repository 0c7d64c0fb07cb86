// Package redact hides secrets in whatever is written: values of parameters, fields, headers, cookies and members
// whose name says that they are secret, in the notations in which they are sent.
//
// # Why
//
// Evidence is kept, sent around and committed. A secret in it is found by its name, not by its look: a password looks
// like any other word. So each notation is read for what it is, as far as it goes: a query and a form by its pairs, JSON
// by its members, a multipart by its fields, a cookie by its parts. In anything else, what looks like a name and a value
// counts as such. Bodies that were cut off are usual here, and hide as much.
//
// # Use
//
//	r := redact.Redactor{Names: []string{"pin"}} // beside the usual words
//	r.URL("/x?token=abc&page=2")                 // /x?token=REDACTED&page=2
//	r.Header("Set-Cookie", "sid=abc; Path=/")    // sid=REDACTED; Path=/
//	r.Body("application/json", `{"pin":[1,2]}`)  // {"pin":"REDACTED"}
//
// # What it does not know
//
// A secret that is sent without a name, such as a part of a path, and one that is repeated under a name that says
// nothing, are not found: give that name as a word. What is not text (UTF-8) is not searched; Body shows nothing of it.
//
// # Concurrency and errors
//
// A Redactor is a value and may be used by several goroutines. There are no errors: what cannot be understood is
// searched as text.
package redact
