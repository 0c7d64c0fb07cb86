package vars

// Count returns how many names the store keeps, those that are absent included.
func Count(m *Memory) int {
	n := 0
	for range m.variables.Range {
		n++
	}
	return n
}
