package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed49090845/lockstep/harness/control"
)

// ErrCut says that the events of a run ended before the run did: the service or the connection went away.
var ErrCut = errors.New("the events ended before the run did")

// Watch calls show with each event of a run until it has ended, and returns what became of it. Buckets are whole in the
// result alone.
func (c *Client) Watch(ctx context.Context, id string, show func(*control.Run)) (*control.Run, error) {
	response, err := c.send(ctx, http.MethodGet, "/api/runs/"+url.PathEscape(id)+"/events", nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	lines := bufio.NewReaderSize(response.Body, 1<<16)
	name := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("%w: run %q: %w", ErrCut, id, err)
		}
		line = strings.TrimSuffix(line, "\n")
		if text, ok := strings.CutPrefix(line, "event: "); ok {
			name = text
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var run control.Run
		if err := json.Unmarshal([]byte(data), &run); err != nil {
			return nil, fmt.Errorf("run %q: an event is not what was expected: %w", id, err)
		}
		if name == control.EventEnded {
			return &run, nil
		}
		show(&run)
	}
}
