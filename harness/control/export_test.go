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

// BreakStore makes everything that is written fail, until the function that is returned is called.
func (s *Server) BreakStore(t interface{ Fatal(...any) }) (mend func()) {
	do := func(statement string) {
		if _, err := s.store.db.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	do("PRAGMA query_only = 1")
	return func() { do("PRAGMA query_only = 0") }
}
