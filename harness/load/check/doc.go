// Package check says of an answer all that is not as expected, each in one line, and saves what later requests need.
package check
