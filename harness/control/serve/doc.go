// Package serve is "lockstep serve" for a program of one's own: the same flags, the same service, and besides the scenarios
// that are built in those of the program.
//
//	func main() {
//		serve.Main(control.Define("checkout", "Users buy items", prepare))
//	}
//
// # Why not something that exists
//
// Package control has the service, and knows nothing of flags, files and signals; this is that, and nothing more.
//
// # Concurrency
//
// Main has the process for itself: it takes the signals SIGINT and SIGTERM. Run is for who has signals, flags or a context of
// their own.
//
// # Errors
//
// Flags that do not fit wrap sessions.ErrInvalidOption or say which flag it is; they come from Options and, together, from
// control.New. What goes wrong later wraps ErrServing.
package serve
