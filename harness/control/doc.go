// Package control runs scenarios for whoever asks over HTTP.
package control
