package control

import (
	"embed"
	"errors"
	"net/http"
)

// The live page: it needs nothing but the API, and asks nobody else for anything.
//
//go:embed page
var pageFiles embed.FS

// pageSecurity lets the page run its own script and style, call its own service, and nothing more.
const pageSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var pagePaths = map[string]struct{ file, contentType string }{
	"/{$}":      {"page/index.html", "text/html; charset=utf-8"},
	"/page.js":  {"page/page.js", "text/javascript; charset=utf-8"},
	"/plot.js":  {"page/plot.js", "text/javascript; charset=utf-8"},
	"/page.css": {"page/page.css", "text/css; charset=utf-8"},
}

// servePage puts the page on a mux, and answers what is not there with a problem.
func servePage(mux *http.ServeMux) {
	for path, of := range pagePaths {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			content, err := pageFiles.ReadFile(of.file)
			if err != nil {
				refuse(w, http.StatusInternalServerError, "internal", err)
				return
			}
			w.Header().Set("Content-Type", of.contentType)
			w.Header().Set("Content-Security-Policy", pageSecurity)
			_, _ = w.Write(content) // the client may be gone
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "not-found", errors.New("there is nothing here; /openapi.json describes what there is"))
	})
}
