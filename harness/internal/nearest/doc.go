// Package nearest turns a name that does not exist into a hint: the one that was probably meant, or all that there are.
package nearest
