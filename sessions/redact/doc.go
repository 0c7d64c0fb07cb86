// Package redact hides secrets in whatever is written: values of parameters, fields, headers, cookies and JSON
// members whose name says that they are secret.
//
// # Use
//
//	r := redact.Redactor{Names: []string{"pin"}} // beside the usual words
//	r.URL("http://host/?token=abc&page=2")        // http://host/?token=REDACTED&page=2
package redact
