package zoo_test

import (
	"os"
	"regexp"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// figure is what package fixtures/zoo has counted over all orders of an app.
type figure struct {
	orders, broken int
	sessions       int
	points         int // of the longest order
}

var (
	figureLine = regexp.MustCompile(`(?m)^(\w+) +depth \d: +(\d+) of +(\d+) orders broken; .*n = (\d), k = (\d+)\)$`)
	shownAll   = regexp.MustCompile(`^all (\d+) orders(?: that can differ, of (\d+))?$`)
)

// figures are those of each app, by name.
func figures() map[string]figure {
	GinkgoHelper()
	text, err := os.ReadFile("../../fixtures/zoo/testdata/figures.golden")
	Expect(err).NotTo(HaveOccurred())
	all := map[string]figure{}
	for _, m := range figureLine.FindAllStringSubmatch(string(text), -1) {
		all[m[1]] = figure{broken: number(m[2]), orders: number(m[3]), sessions: number(m[4]), points: number(m[5])}
	}
	return all
}

// shown reads how many orders an exploration says that there are: those that it ran, and all.
func shown(text string) (ran, all int) {
	GinkgoHelper()
	m := shownAll.FindStringSubmatch(text)
	Expect(m).NotTo(BeNil(), text)
	if m[2] == "" {
		m[2] = m[1]
	}
	return number(m[1]), number(m[2])
}

func number(digits string) int {
	GinkgoHelper()
	n, err := strconv.Atoi(digits)
	Expect(err).NotTo(HaveOccurred())
	return n
}
