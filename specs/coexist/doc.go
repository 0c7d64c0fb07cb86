// Package coexist is an executable specification of users who live together: several work with the phonebook at the same moment, as virtual
// users and in real browsers, each with a name for a phonebook of its own. Where the names are wrongly shared they collide, and the report
// says over which name, and who had it; with a lease they do not.
package coexist
