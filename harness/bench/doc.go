// Package bench measures Lockstep on the machine that it runs on: what a session costs, in time and in memory,
// and that sessions do not delay each other. The command line prints its results as JSON; nothing in it is a
// test that fails when a machine is slow.
//
// # Why
//
// Figures in a document are true of one machine on one day. These can be had again anywhere by one command, in
// medians and upper percentiles, because machines are noisy.
//
// # Concurrency
//
// A benchmark uses the whole machine: run one at a time. It ends with its context and leaves nothing behind.
//
// # Errors
//
// Those of the sessions, wrapped. Where memory cannot be read, its figures are missing rather than wrong.
package bench
