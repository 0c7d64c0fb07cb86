package check

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/PuerkitoBio/goquery"
	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"github.com/ohler55/ojg/oj"
	"golang.org/x/net/html"
)

// view is an answer whose body is parsed at most once for all checks that need it.
type view struct {
	Response

	parsed    any // the JSON
	jsonError error
	hasJSON   bool

	html      *html.Node
	htmlError error
}

// parsers keep their buffers from one answer to the next.
var parsers = sync.Pool{New: func() any { return &oj.Parser{} }}

type element = *goquery.Selection

func (v *view) json() (any, error) {
	if !v.hasJSON {
		v.hasJSON = true
		parser := parsers.Get().(*oj.Parser)
		v.parsed, v.jsonError = parser.Parse(v.Content())
		parsers.Put(parser)
		if v.jsonError != nil {
			v.jsonError = fmt.Errorf("the body is not JSON: %w: %s", v.jsonError, v.excerpt())
		} else if len(bytes.TrimSpace(v.Content())) == 0 {
			v.jsonError = errors.New("the body is not JSON: it is empty")
		}
	}
	return v.parsed, v.jsonError
}

func (v *view) node() (*html.Node, error) {
	if v.html == nil && v.htmlError == nil {
		v.html, v.htmlError = html.Parse(bytes.NewReader(v.Content()))
	}
	return v.html, v.htmlError
}

func (v *view) page() (*goquery.Document, error) {
	node, err := v.node()
	if err != nil {
		return nil, fmt.Errorf("the body is not HTML: %w", err)
	}
	return goquery.NewDocumentFromNode(node), nil
}

// navigator is for XPath: over XML where the answer says that it is, else over HTML.
func (v *view) navigator() (xpath.NodeNavigator, error) {
	if !v.isXML() {
		node, err := v.node()
		if err != nil {
			return nil, fmt.Errorf("the body is not HTML: %w", err)
		}
		return htmlquery.CreateXPathNavigator(node), nil
	}
	document, err := xmlquery.Parse(bytes.NewReader(v.Content()))
	if err != nil {
		return nil, fmt.Errorf("the body is not XML: %w: %s", err, v.excerpt())
	}
	return xmlquery.CreateXPathNavigator(document), nil
}

func (v *view) isXML() bool {
	for _, kind := range v.HeaderValues("Content-Type") {
		kind, _, _ = strings.Cut(kind, ";")
		if kind = strings.TrimSpace(kind); kind == "text/xml" || kind == "application/xml" || strings.HasSuffix(kind, "+xml") && kind != "application/xhtml+xml" {
			return true
		}
	}
	return bytes.HasPrefix(v.Content(), []byte("<?xml"))
}

func (v *view) excerpt() string { return quote(string(v.Content())) }
