// Package load is an executable specification of load with browsers: a person in a real browser works with the phonebook while
// virtual users do, what the person waits for is measured beside what they do, and all of it is one result. What a person did once is what they do, too.
package load
