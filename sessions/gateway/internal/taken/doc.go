// Package taken keeps the book of a rule at a gateway: how many messages matched it, what passed it by, what it took and still holds,
// and who waits for that. The gateways of HTTP and of the database differ in what they hold, not in this.
//
// # Concurrency
//
// A Book and a Decision may be used by several goroutines. No method of theirs blocks but Await, which ends with its contexts.
package taken
