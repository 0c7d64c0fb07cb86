// Package virtual has virtual users.
package virtual
