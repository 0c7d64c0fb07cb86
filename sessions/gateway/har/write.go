package har

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"github.com/seed49090845/lockstep/sessions/gateway"
	"github.com/seed49090845/lockstep/sessions/redact"
)

// Options say how exchanges are written.
type Options struct {
	// Session is whose exchanges they are; empty leaves the name out.
	Session string
	// Redactor hides secrets; its zero value hides the usual ones.
	Redactor redact.Redactor
}

// Write writes the exchanges of one session. It needs no more memory than the largest of them, however many there are.
func Write(w io.Writer, exchanges []gateway.Exchange, o Options) error {
	to := newWriter(w, o.Redactor)
	for i := range exchanges {
		to.entry(o.Session, &exchanges[i])
	}
	return to.close()
}

// WriteFile writes the exchanges of one session into a file. One that could not be written whole is removed.
func WriteFile(path string, exchanges []gateway.Exchange, o Options) error {
	return create(path, func(file io.Writer) error { return Write(file, exchanges, o) })
}

// Export writes a file with what gateways of several sessions have recorded so far. Entries are ordered by the number
// of their first edge, so the gateways are to share gateway.Options.Stamp. A file that could not be written whole is
// removed.
func Export(path string, r redact.Redactor, gateways ...*gateway.Gateway) error {
	type recorded struct {
		session string
		gateway.Exchange
	}
	var all []recorded
	for _, g := range gateways {
		for _, e := range g.Record() {
			all = append(all, recorded{g.Session(), e})
		}
	}
	slices.SortStableFunc(all, func(a, b recorded) int { return cmp.Compare(a.Out.Seq, b.Out.Seq) })
	return create(path, func(file io.Writer) error {
		to := newWriter(file, r)
		for i := range all {
			to.entry(all[i].session, &all[i].Exchange)
		}
		return to.close()
	})
}

// create makes a file, and removes it if it could not be written whole.
func create(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("HAR: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// writer writes entries one by one. After an error it writes nothing more; close tells.
type writer struct {
	to       *bufio.Writer
	redactor redact.Redactor
	entries  int
	one      bytes.Buffer
	err      error
}

// The members around the entries, indented as those are.
const (
	head   = "{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"creator\": %s,\n    \"entries\": ["
	indent = "      "
	tail   = "\n    ]\n  }\n}\n"
)

func newWriter(w io.Writer, r redact.Redactor) *writer {
	to := &writer{to: bufio.NewWriterSize(w, 64<<10), redactor: r}
	creator, err := json.Marshal(Creator{Name: "Lockstep", Version: version()})
	if err == nil {
		_, err = fmt.Fprintf(to.to, head, creator)
	}
	to.err = err
	return to
}

// version is that of Lockstep in the program that runs.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	const module = "github.com/seed49090845/lockstep"
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && m.Version != "" {
			return m.Version
		}
	}
	return "(devel)"
}

func (w *writer) entry(session string, e *gateway.Exchange) {
	if w.err != nil {
		return
	}
	if w.one.Reset(); w.entries > 0 {
		w.one.WriteByte(',')
	}
	w.entries++
	w.one.WriteString("\n" + indent)
	entry := entryOf(e, w.redactor)
	entry.Session = session
	encoder := json.NewEncoder(&w.one)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(indent, "  ")
	if w.err = encoder.Encode(struct {
		*Entry
		*Origin
	}{entry, &entry.Origin}); w.err == nil {
		_, w.err = w.to.Write(bytes.TrimRight(w.one.Bytes(), "\n"))
	}
}

func (w *writer) close() error {
	if w.err == nil {
		_, w.err = w.to.WriteString(tail)
	}
	if w.err == nil {
		w.err = w.to.Flush()
	}
	if w.err != nil {
		return fmt.Errorf("HAR: %w", w.err)
	}
	return nil
}
