// Package client speaks to the run service as programs do.
package client
