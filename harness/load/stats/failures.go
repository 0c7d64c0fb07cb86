package stats

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed49090845/lockstep/sessions/virtual"
)

// Failure is a message and how often it was seen. OtherMessages have no class.
type Failure struct {
	Class   virtual.Class
	Message string
	Count   int64
}

// OtherMessages is the message of failures beyond those that are told apart.
const OtherMessages = "(other messages)"

// longestMessage is what is kept of a message, in bytes.
const longestMessage = 300

type failureKey struct {
	class   virtual.Class
	message string
}

// failures counts messages, a bounded number of different ones.
type failures map[failureKey]int64

func (f failures) count(class virtual.Class, message string, n int64, limit int) {
	if len(message) > longestMessage {
		message = strings.ToValidUTF8(message[:longestMessage], "") + "…"
	}
	key := failureKey{class, message}
	if _, known := f[key]; !known {
		if len(f) >= limit {
			key = failureKey{message: OtherMessages}
		} else {
			key.message = strings.Clone(message)
		}
	}
	f[key] += n
}

// list is sorted by count; beyond the limit they are added up.
func (f failures) list(limit int) []Failure {
	list := make([]Failure, 0, len(f))
	var other int64
	for key, count := range f {
		if key.message == OtherMessages {
			other += count
			continue
		}
		list = append(list, Failure{key.class, key.message, count})
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Message, b.Message))
	})
	for len(list) > limit {
		other += list[len(list)-1].Count
		list = list[:len(list)-1]
	}
	if other > 0 {
		list = append(list, Failure{Message: OtherMessages, Count: other})
	}
	return list
}
