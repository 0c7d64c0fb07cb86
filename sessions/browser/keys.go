package browser

// NamedKeys are the keys that Press knows by name, besides single characters.
var NamedKeys = []string{
	"Enter", "Tab", "Escape", "Backspace", "Delete", "Insert",
	"ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown",
	"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12",
}
