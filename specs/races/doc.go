// Package races is an executable specification of races: every defect of the phonebook (package fixtures/phonebook) in which
// something is checked first and done later is reproduced with real browsers, whose clicks the gateways release together, and the
// sound phonebook holds in every round. The same rounds with a plain barrier, which is what a test can do without a
// gateway, are the baseline.
//
// `make races` runs many rounds of each and prints the table of the README.
package races
