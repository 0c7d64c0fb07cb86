package check

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/ohler55/ojg/jp"
	"golang.org/x/net/http/httpguts"
)

// timeName is what the check of the time is called.
const timeName = "time"

// Status wants one of these status codes; none means 2xx or 304.
func Status(codes ...int) Check {
	s := &statuses{slices.Clone(codes)}
	c := Check{what: "status", status: true, look: func(v *view) ([]any, error) { return []any{v.StatusCode()}, nil }}
	for _, code := range codes {
		if code < 100 || code > 999 {
			c = c.refuse(fmt.Errorf("%d is no status", code))
		}
	}
	return c.wants(condition{describe: s.text(), statuses: s, test: func(values []any) bool { return s.have(values[0].(int)) }})
}

// AnyStatus wants nothing of the status: it is for answers of which other checks say all.
func AnyStatus() Check {
	return Status().wants(condition{describe: "any", test: func([]any) bool { return true }})
}

// Header looks at the values of a header.
func Header(name string) Check {
	c := Check{what: "header " + name, look: func(v *view) ([]any, error) { return anys(v.HeaderValues(name)), nil }}
	if !httpguts.ValidHeaderFieldName(name) {
		return c.refuse(errors.New("this is no name of a header"))
	}
	return c
}

// Body looks at the body as text.
func Body() Check {
	return Check{what: "body", look: func(v *view) ([]any, error) { return []any{string(v.Content())}, nil }}
}

// Size looks at the number of bytes of the body.
func Size() Check {
	return Check{what: "size", look: func(v *view) ([]any, error) { return []any{len(v.Content())}, nil }}
}

// Time looks at how long the answer took, from the actual start, redirects included.
func Time() Check {
	return Check{what: timeName, look: func(v *view) ([]any, error) { return []any{v.Duration()}, nil }}
}

// Hash looks at the hash of the body, in lower-case hexadecimal: "md5", "sha1", "sha256" or "sha512".
func Hash(algorithm string) Check {
	c := Check{what: algorithm}
	make, ok := map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[algorithm]
	if !ok {
		return c.refuse(fmt.Errorf("%q is none of md5, sha1, sha256 and sha512", algorithm))
	}
	c.look = func(v *view) ([]any, error) {
		h := make()
		h.Write(v.Content())
		return []any{hex.EncodeToString(h.Sum(nil))}, nil
	}
	return c
}

// Regexp looks for all matches of a regular expression of Go in the body: for its first group where it has one.
func Regexp(expression string) Check {
	c := Check{what: "regexp " + expression}
	compiled, err := compileRegexp(expression)
	if err != nil {
		return c.refuse(err)
	}
	group := min(compiled.NumSubexp(), 1)
	c.look = func(v *view) ([]any, error) {
		var values []any
		for _, match := range compiled.FindAllSubmatch(v.Content(), -1) {
			values = append(values, string(match[group]))
		}
		return values, nil
	}
	return c
}

// compileRegexp says where the mistake is.
func compileRegexp(expression string) (*regexp.Regexp, error) {
	compiled, err := regexp.Compile(expression)
	if wrong, ok := errors.AsType[*syntax.Error](err); ok {
		if at := strings.LastIndex(expression, wrong.Expr); at >= 0 {
			return nil, fmt.Errorf("column %d: %s: %q", at+1, wrong.Code, wrong.Expr)
		}
		return nil, fmt.Errorf("%s: %q", wrong.Code, wrong.Expr)
	}
	return compiled, err
}

// JSON looks for what a JSON path selects (RFC 9535, such as "$.items[?@.price > 10].id"). Saved values are what
// JSON has: string, int64, float64, bool, nil, []any and map[string]any.
func JSON(path string) Check {
	c := Check{what: "JSON " + path}
	if path == "" {
		return c.refuse(errors.New("the path is empty; $ is the whole"))
	}
	compiled, err := compileJSON(path)
	if err != nil {
		return c.refuse(err)
	}
	c.look = func(v *view) ([]any, error) {
		document, err := v.json()
		if err != nil {
			return nil, err
		}
		return compiled.Get(document), nil
	}
	return c
}

// compileJSON puts the library's error, which repeats the path, in our words.
func compileJSON(path string) (compiled jp.Expr, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("this is no JSON path")
		}
	}()
	compiled, err = jp.ParseString(path)
	if err == nil {
		return compiled, nil
	}
	what, where, ok := strings.Cut(strings.TrimSuffix(err.Error(), " in "+path), " at ")
	if !ok {
		return nil, fmt.Errorf("this is no JSON path: %w", err)
	}
	return nil, fmt.Errorf("column %s: %s", where, what)
}

// CSS looks for the texts, without space around them, of the elements that a CSS selector matches.
func CSS(selector string) Check {
	return css("CSS "+selector, selector, func(e element) (string, bool) { return strings.TrimSpace(e.Text()), true })
}

// Attribute looks for the values of an attribute of the elements that a CSS selector matches; those that do not
// have it are passed over.
func Attribute(selector, attribute string) Check {
	c := css("CSS "+selector+" @"+attribute, selector, func(e element) (string, bool) { return e.Attr(attribute) })
	if attribute == "" {
		return c.refuse(errors.New("the attribute has no name"))
	}
	return c
}

func css(what, selector string, value func(element) (string, bool)) Check {
	c := Check{what: what}
	compiled, err := cascadia.Compile(selector)
	if err != nil {
		return c.refuse(fmt.Errorf("column %d: %w", mistake(selector, func(s string) error {
			_, err := cascadia.Compile(s)
			return err
		}), err))
	}
	c.look = func(v *view) ([]any, error) {
		page, err := v.page()
		if err != nil {
			return nil, err
		}
		var values []any
		for _, e := range page.FindMatcher(compiled).EachIter() {
			if text, ok := value(e); ok {
				values = append(values, text)
			}
		}
		return values, nil
	}
	return c
}

// mistake is the column up to which an expression can still be read, for libraries that do not tell.
func mistake(expression string, parse func(string) error) int {
	for end := len(expression) - 1; end > 0; end-- {
		if parse(expression[:end]) == nil {
			return len([]rune(expression[:end])) + 1
		}
	}
	return 1
}

func anys(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}
