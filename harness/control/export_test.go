package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// AgeDatabase makes a database whose schema has a version.
func AgeDatabase(file string, version int) error {
	s, err := openStore(context.Background(), file)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(context.Background(), fmt.Sprintf("PRAGMA user_version = %d", version))
	return errors.Join(err, s.close())
}

// recorder is a mux that remembers its routes.
type recorder struct {
	*http.ServeMux
	routes []string
}

func (r *recorder) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r.routes = append(r.routes, pattern)
	r.ServeMux.HandleFunc(pattern, handler)
}

// Routes are those of the API, as the mux has them.
func Routes(context.Context) []string {
	r := &recorder{ServeMux: http.NewServeMux()}
	(&Server{}).describe(r)
	return r.routes
}
