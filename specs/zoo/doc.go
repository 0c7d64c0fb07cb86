// Package zoo is explored.
package zoo
