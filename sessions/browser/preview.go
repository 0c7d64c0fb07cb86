package browser

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Preview is the beginning of an object, as the browser sends it along with a console line (the protocol's
// Runtime.ObjectPreview). Both drivers decode theirs into it.
type Preview struct {
	Subtype     string            `json:"subtype"`
	Description string            `json:"description"`
	Overflow    bool              `json:"overflow"`
	Properties  []PreviewProperty `json:"properties"`
}

// PreviewProperty is one property of a Preview.
type PreviewProperty struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// PreviewOf decodes a driver's own type of preview; nil where there is none.
func PreviewOf(driver any) *Preview {
	encoded, err := json.Marshal(driver)
	var preview *Preview
	if err != nil || json.Unmarshal(encoded, &preview) != nil {
		return nil
	}
	return preview
}

// plain tells whether the object is one of data. Errors, dates, elements and instances of classes are known
// better by their description.
func (p *Preview) plain() bool {
	return p.Subtype == "array" || p.Subtype == "" && p.Description == "Object"
}

// text is the object as JSON, as far as it was sent.
func (p *Preview) text() string {
	var parts []string
	for _, property := range p.Properties {
		if p.Subtype == "array" {
			parts = append(parts, property.text())
		} else {
			parts = append(parts, strconv.Quote(property.Name)+":"+property.text())
		}
	}
	if p.Overflow {
		parts = append(parts, "…")
	}
	list := strings.Join(parts, ",")
	if p.Subtype == "array" {
		return "[" + list + "]"
	}
	return "{" + list + "}"
}

func (p PreviewProperty) text() string {
	if p.Type == "string" {
		return strconv.Quote(p.Value)
	}
	if p.Value == "" {
		return p.Type // a function, or what a getter would return
	}
	return p.Value
}
