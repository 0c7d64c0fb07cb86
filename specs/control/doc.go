// Package control holds the live page of the run service to what it promises, in real browsers, on both drivers: two
// people see the same run go on, one of them cancels it with the keyboard alone, and nobody else is asked for anything.
package control
