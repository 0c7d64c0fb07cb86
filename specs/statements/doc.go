// Package statements explores the phonebook and the shop at their SQL statements: what is wrong between two statements of one
// request is found without a hint, shrunk, and replayed; the sound versions are silent in all orders.
package statements
