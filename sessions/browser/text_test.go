package browser

import (
	"encoding/json"
	"testing"
)

func TestValueText(t *testing.T) {
	array := &Preview{Subtype: "array", Description: "Array(2)", Overflow: true, Properties: []PreviewProperty{{"0", "number", "1"}, {"1", "string", `a"b`}}}
	object := &Preview{Description: "Object", Properties: []PreviewProperty{{"f", "function", ""}, {"o", "object", "Object"}}}
	for name, c := range map[string]struct {
		value, description string
		preview            *Preview
		want               string
	}{
		"string":    {`"a b"`, "", nil, "a b"},
		"number":    {"1.5", "1.5", nil, "1.5"},
		"null":      {"null", "", nil, "null"},
		"undefined": {"", "", nil, "undefined"},
		"array":     {"", "Array(2)", array, `[1,"a\"b",…]`},
		"object":    {"", "Object", object, `{"f":function,"o":Object}`},
		"error":     {"", "Error: boom\n  at x", &Preview{Subtype: "error", Description: "Error: boom"}, "Error: boom\n  at x"},
		"instance":  {"", "Contact", &Preview{Description: "Contact"}, "Contact"},
	} {
		if got := ValueText(json.RawMessage(c.value), c.description, c.preview); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestExceptionText(t *testing.T) {
	for name, c := range map[string]struct{ description, url, want string }{
		"bare":                {"", "", "Uncaught"},
		"thrown text":         {"boom", "http://a/x.js", "Uncaught boom (http://a/x.js:3:7)"},
		"a stack with place":  {"Error: boom\n at f (http://a/x.js:3:7)", "http://a/x.js", "Uncaught Error: boom\n at f (http://a/x.js:3:7)"},
		"a stack of elsewere": {"Error: boom\n at f (http://a/y.js:1:1)", "http://a/x.js", "Uncaught Error: boom\n at f (http://a/y.js:1:1) (http://a/x.js:3:7)"},
	} {
		if got := ExceptionText("Uncaught", c.description, c.url, 2, 6); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestPreviewOf(t *testing.T) {
	var none *struct{ Description string }
	if p := PreviewOf(none); p != nil {
		t.Errorf("no preview became %+v", p)
	}
	p := PreviewOf(map[string]any{"description": "Object", "properties": []map[string]string{{"name": "a", "type": "number", "value": "1"}}})
	if p == nil || p.text() != `{"a":1}` {
		t.Errorf("preview = %+v", p)
	}
}
