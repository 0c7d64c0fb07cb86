// Package trace reads trace contexts (https://www.w3.org/TR/trace-context/), by which an application tells which request a statement is of.
package trace
