package browser

import (
	"bufio"
	"io"
	"strings"
	"sync"
)

// watchOutput reads what the browser prints until it ends; the banner with its address is sent once.
func watchOutput(output io.Reader, tail *tail, started chan<- launched) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if address, ok := strings.CutPrefix(line, devToolsBanner); ok {
			select {
			case started <- launched{address: strings.TrimSpace(address)}:
			default: // printed twice: the first holds
			}
			continue
		}
		tail.add(line)
	}
	_, _ = io.Copy(io.Discard, output) // a line beyond the buffer must not block the browser
}

// tail keeps the last lines of the browser's output for an error message.
type tail struct {
	mu    sync.Mutex
	lines []string
	size  int
}

func newTail(size int) *tail { return &tail{size: size} }

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > t.size {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return ""
	}
	return "; it printed last:\n\t" + strings.Join(t.lines, "\n\t")
}
