package control

import (
	"errors"
	"io"
	"net/http"
	"time"
)

var (
	// bodyPatience is how long a body may take to come.
	bodyPatience = time.Minute
	// writePatience is how long a client may take to read a piece of an answer.
	writePatience = 10 * time.Second
)

// patiently has a limit for a body that comes slowly, and for a client that reads slowly; there is none for what the
// service does in between.
func patiently(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	control := http.NewResponseController(w)
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(bodyPatience)) // of a connection; in tests there may be none
		r.Body = &patientBody{r.Body, control, w.Header()}
	}
	return &patientWriter{w, control}
}

type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	answer  http.Header
}

// Read lifts the limit at the end of the body: the connection is watched from then on, and who waits is not to be cut off.
// After a body that broke off the connection is of no use: what comes late is not the next call.
func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		_ = b.control.SetReadDeadline(time.Time{})
	case err != nil:
		b.answer.Set("Connection", "close")
	}
	return n, err
}

type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *patientWriter) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(writePatience))
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
