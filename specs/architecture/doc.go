// Package architecture holds the rules of the code base that no compiler checks: which packages may import which,
// one package documentation each, and that ARCHITECTURE.md speaks of what is there.
package architecture
