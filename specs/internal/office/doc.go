// Package office is a company that is a tenant of the phonebook for one schedule or one round: an owner and a colleague who log in as people do, and
// the phonebook's own judgement of what became of it all. Each has one of its own, so that nothing is left of the one before.
package office
