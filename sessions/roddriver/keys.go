package roddriver

import "github.com/go-rod/rod/lib/input"

var namedKeys = map[string]input.Key{
	"Enter": input.Enter, "Tab": input.Tab, "Escape": input.Escape, "Backspace": input.Backspace,
	"Delete": input.Delete, "Insert": input.Insert,
	"ArrowUp": input.ArrowUp, "ArrowDown": input.ArrowDown, "ArrowLeft": input.ArrowLeft, "ArrowRight": input.ArrowRight,
	"Home": input.Home, "End": input.End, "PageUp": input.PageUp, "PageDown": input.PageDown,
	"F1": input.F1, "F2": input.F2, "F3": input.F3, "F4": input.F4, "F5": input.F5, "F6": input.F6,
	"F7": input.F7, "F8": input.F8, "F9": input.F9, "F10": input.F10, "F11": input.F11, "F12": input.F12,
}

// findKey finds rod's key for a character or a name. rod knows the characters of a US keyboard and panics
// for others.
func findKey(name string) (key input.Key, ok bool) {
	if key, ok := namedKeys[name]; ok {
		return key, true
	}
	runes := []rune(name)
	if len(runes) != 1 {
		return 0, false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	key = input.Key(runes[0])
	_ = key.Info()
	return key, true
}
