package control

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/seed49090845/lockstep/sessions/redact"
	"github.com/seed49090845/lockstep/sync/vars"
)

// longestText is what is kept of a message, and of a text among parameters, in bytes. Nobody reads more, and a HAR has megabytes.
const longestText = 2000

// hidden is a text without secrets, and without what is too long to be read.
func hidden(text string) string { return clip(redact.Redactor{}.Text(text)) }

// clip cuts a text that is too long, between characters.
func clip(text string) string {
	if len(text) <= longestText {
		return text
	}
	end := longestText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// public are variables without secrets.
func public(all map[string]vars.Value) Variables {
	kept := Variables{}
	content, err := json.Marshal(all)
	if err != nil {
		return kept
	}
	if err := json.Unmarshal([]byte(redact.Redactor{}.Body("application/json", string(content))), &kept); err != nil {
		return Variables{} // nothing, rather than a secret
	}
	return kept
}

// publicParams are parameters without secrets, and without what is too long to be read.
func publicParams(raw json.RawMessage) json.RawMessage {
	var plain any
	if len(raw) == 0 || json.Unmarshal(raw, &plain) != nil {
		return json.RawMessage("{}")
	}
	content, err := json.Marshal(cut(plain, 0))
	if err != nil {
		return json.RawMessage("{}")
	}
	if content = []byte(redact.Redactor{}.Body("application/json", string(content))); !json.Valid(content) {
		return json.RawMessage("{}")
	}
	return content
}

// cut shortens long texts, and leaves out what is deep inside: a recording is not told again.
func cut(v any, depth int) any {
	const deepest, most = 4, 50
	switch v := v.(type) {
	case map[string]any:
		if depth == deepest || len(v) > most {
			return "(left out)"
		}
		for name, value := range v {
			v[name] = cut(value, depth+1)
		}
	case []any:
		if depth == deepest || len(v) > most {
			return "(left out)"
		}
		for i, value := range v {
			v[i] = cut(value, depth+1)
		}
	case string:
		return clip(v)
	}
	return v
}
