// Package phonebook is an executable specification of Lockstep over the phonebook (package
// fixtures/phonebook), a real multi-tenant application with a real database, in real browsers: the two
// scenarios of the document that Lockstep grew from, and what follows from them. Each has a twin that proves
// that its check can fail.
//
// It is also what `make run` runs; the suite prints a table of its steps and writes reports.
package phonebook
