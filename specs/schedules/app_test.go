package schedules_test

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"sync"

	. "github.com/onsi/ginkgo/v2"
)

// book is a small phonebook with one entry in it: it can be renamed or deleted only while it is empty. It asks whether it is
// when it shows the form, and only the sound one asks again when the form is sent.
type book struct {
	*httptest.Server
	sound bool

	mu       sync.Mutex
	name     string
	deleted  bool
	contacts []string
	broken   []string
}

const page = `<!doctype html><title>{{.Title}}</title><link rel=icon href=data:>
<h1 id=name>{{.Name}}</h1><p id=notice>{{.Notice}}</p><ul>{{range .Contacts}}<li class=contact>{{.}}</li>{{end}}</ul>
{{if eq .Title "book"}}
<a id=edit href="/book/edit">Edit</a> <a id=remove href="/book/remove">Remove</a>
<input id=contact><button id=add onclick="add()">Add</button>
<script>
async function add() {
	const answer = await fetch('/book/contacts', {method: 'POST', body: document.querySelector('#contact').value})
	document.querySelector('#notice').textContent = answer.ok ? 'added' : 'refused'
}
</script>
{{else if eq .Title "edit"}}
<form method=post action="/book/rename"><input id=new name=name><button id=save>Save</button></form>
{{else if eq .Title "remove"}}
<form method=post action="/book/delete"><button id=confirm>Delete it</button></form>
{{end}}`

var shown = template.Must(template.New("page").Parse(page))

func newBook(sound bool) *book {
	b := newBookServer(sound)
	DeferCleanup(b.Close)
	return b
}

func newBookServer(sound bool) *book {
	b := &book{sound: sound, name: "Suppliers"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /book", b.locked(func(w http.ResponseWriter, _ *http.Request) { b.show(w, "book", "") }))
	mux.HandleFunc("GET /book/edit", b.locked(func(w http.ResponseWriter, _ *http.Request) { b.ask(w, "edit") }))
	mux.HandleFunc("GET /book/remove", b.locked(func(w http.ResponseWriter, _ *http.Request) { b.ask(w, "remove") }))
	mux.HandleFunc("POST /book/rename", b.locked(func(w http.ResponseWriter, r *http.Request) {
		b.change(w, r, "renamed", func() { b.name = r.PostFormValue("name") })
	}))
	mux.HandleFunc("POST /book/delete", b.locked(func(w http.ResponseWriter, r *http.Request) {
		b.change(w, r, "deleted", func() { b.deleted = true })
	}))
	mux.HandleFunc("POST /book/contacts", b.locked(func(w http.ResponseWriter, _ *http.Request) {
		if b.deleted {
			w.WriteHeader(http.StatusGone)
			return
		}
		b.contacts = append(b.contacts, "Ada")
	}))
	b.Server = httptest.NewServer(mux)
	return b
}

func (b *book) locked(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		do(w, r)
	}
}

func (b *book) show(w http.ResponseWriter, title, notice string) {
	w.Header().Set("Content-Type", "text/html")
	_ = shown.Execute(w, map[string]any{"Title": title, "Name": b.name, "Notice": notice, "Contacts": b.contacts})
}

// ask shows a form, if the book is empty.
func (b *book) ask(w http.ResponseWriter, form string) {
	if len(b.contacts) > 0 {
		b.show(w, "book", "it is not empty")
		return
	}
	b.show(w, form, "")
}

func (b *book) change(w http.ResponseWriter, r *http.Request, what string, do func()) {
	if len(b.contacts) > 0 {
		if b.sound {
			b.show(w, "book", "it is not empty")
			return
		}
		b.broken = append(b.broken, what+" with contacts in it")
	}
	do()
	http.Redirect(w, r, "/book", http.StatusSeeOther)
}

// fresh makes it as it was.
func (b *book) fresh(context.Context, int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.name, b.deleted, b.contacts, b.broken = "Suppliers", false, nil, nil
	return nil
}

func (b *book) kept(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.broken) > 0 {
		return fmt.Errorf("it was %v", b.broken)
	}
	return nil
}
