package harness

import (
	"strings"
	"testing"
)

func TestFitsRoute(t *testing.T) {
	for _, test := range []struct {
		route, path    string
		exact, roughly bool
	}{
		{"/", "/", true, true},
		{"/", "/books", false, true},
		{"/books", "/books", true, true},
		{"/books", "/books/", true, true},
		{"/books", "/shelves", false, false},
		{"/books/", "/books/7/rename", false, true},
		{"/books/{id}", "/books/7", true, true},
		{"GET /books/{id}", "/books/7", true, true},
		{"POST /books/{id}", "/books", false, false},
		{"/books/:id", "/books/7", true, true},
		{"/books/:id", "/books/7/rename", false, false},
		{"/books/:id?", "/books", true, true},
		{"/books/{id?}", "/books/7", true, true},
		{"/books/<int:id>", "/books/7", true, true},
		{"/books/[id]", "/books/7", true, true},
		{"/books/[...slug]", "/books/7/8", true, true},
		{"/books/v{version}/pages", "/books/v2/pages", true, true},
		{"/books/*", "/books/7/8", true, true},
		{"/files/{path...}", "/files/a/b", true, true},
		{"/files/{name:path}", "/files/a/b", true, true},
		{"/files/<path:name>", "/files/a/b", true, true},
		{"/:id", "/books/7", false, true},
		{"/:id/rename", "/books/7", false, false},
		{"/1 b", "/1%20b", false, false},
		{"books.views.show", "/books", true, true},
		{`^books/(\d+)$`, "/books/7", true, true},
		{"/books/:id(.:format)", "/books/7.json", true, true},
	} {
		if exact, roughly := fitsRoute(test.route, test.path), fitsRoughly(test.route, test.path); exact != test.exact || roughly != test.roughly {
			t.Errorf("%s and %s: %t, roughly %t; want %t and %t", test.route, test.path, exact, roughly, test.exact, test.roughly)
		}
	}
}

func FuzzFitsRoute(f *testing.F) {
	f.Add("/books/{id}", "/books/7")
	f.Add("GET /books/:id?", "/books/")
	f.Add("/files/<path:name>", "//a//b")
	f.Fuzz(func(t *testing.T, route, path string) {
		exact, roughly := fitsRoute(route, path), fitsRoughly(route, path)
		if exact && !roughly && len(split(path)) > 0 {
			t.Errorf("%q fits %q, but not roughly", route, path)
		}
		plain := "/" + strings.Trim(path, "/")
		if !strings.ContainsAny(plain, "*:{<[?^$()\\ ") && !strings.Contains(plain, "...") && !fitsRoute(plain, path) {
			t.Errorf("%q does not fit itself", path)
		}
		if fitsRoute("/a/b/c/"+strings.Trim(plain, "/"), "/x") && !strings.ContainsAny(path, `^$()\ `) {
			t.Errorf("what begins with /a/b/c fits /x: %q", path)
		}
	})
}
