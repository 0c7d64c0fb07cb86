package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed49090845/lockstep/sessions/gateway"
)

// Refuse notes that the page which the window is on the way to is an answer of the gateway's own: the response to it
// has the field gateway.AnsweredField.
func (n *Navigation) Refuse() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = true
}

// IsRefusal tells whether a field of a response says that it is the gateway's own.
func IsRefusal(name string) bool { return strings.EqualFold(name, gateway.AnsweredField) }

// takeRefusal tells of a refused navigation, once.
func (n *Navigation) takeRefusal() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	refused := n.refused
	n.refused = false
	return refused
}

// refusalScript reads what the gateway says.
const refusalScript = `document.body ? document.body.innerText : ''`

// Refusal is the error of a window that has come to a page of its gateway's, where without a gateway it would have come
// nowhere: the gateway's words, wrapped in ErrNoAnswer. It is nil elsewhere, and for a fault that a rule made: that is to look
// like the server's answer.
func (n *Navigation) Refusal(ctx context.Context, evaluate func(context.Context, string) (json.RawMessage, error)) error {
	if !n.takeRefusal() {
		return nil
	}
	var text string
	value, err := evaluate(ctx, refusalScript)
	if err == nil {
		err = json.Unmarshal(value, &text)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w, and its gateway's reason could not be read: %w", ErrNoAnswer, err)
	case strings.Contains(text, gateway.ErrFault.Error()):
		return nil
	}
	return fmt.Errorf("%w: %s", ErrNoAnswer, strings.TrimSpace(text))
}
