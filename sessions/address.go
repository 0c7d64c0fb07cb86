package sessions

import (
	"errors"
	"fmt"
	"net/url"
)

// parseBase checks a base address; the result is nil where there is none.
func parseBase(base string) (*url.URL, error) {
	if base == "" {
		return nil, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: base address %q: want http://host or https://host", ErrInvalidOption, base)
	}
	return u, nil
}

// resolve makes an absolute address of one that may be relative to the base.
func resolve(base *url.URL, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the address: the verb's error has it, and without secrets
		}
		return "", fmt.Errorf("%w: the address is none: %w", ErrInvalidOption, err)
	}
	if u.IsAbs() {
		return address, nil
	}
	if base == nil {
		return "", fmt.Errorf("%w: the address is relative and the session has no base address; set BaseURL", ErrInvalidOption)
	}
	return base.ResolveReference(u).String(), nil
}
