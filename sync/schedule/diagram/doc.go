// Package diagram draws what happened in an execution as a sequence diagram: a column for each session, time going down.
//
// # Why
//
// A schedule is a list, and a race is about two lists at once. Side by side, what one session did between two points of
// another is seen at a glance. The text is plain, so that it can be in the failure of a test, in a log and in a commit
// message.
//
// # Use
//
//	fmt.Print(diagram.Text([]string{"owner", "colleague"}, outcome.Events))
//
// # Concurrency and errors
//
// Everything here is a pure function of its arguments, and none can fail.
package diagram
