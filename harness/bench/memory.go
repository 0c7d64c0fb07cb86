package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// groupPSS adds up the proportional set size of all processes of a process group, in MiB, from /proc. It is
// false where there is none, as on other systems than Linux.
func groupPSS(group int) (mib float64, ok bool) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, false
	}
	for _, stat := range stats {
		if processGroup(stat) != group {
			continue
		}
		kib, err := pss(filepath.Join(filepath.Dir(stat), "smaps_rollup"))
		if err != nil {
			continue // it has just ended
		}
		mib += float64(kib) / 1024
		ok = true
	}
	return round(mib), ok
}

// processGroup reads the fifth field of /proc/PID/stat; the second, the command, may contain blanks and
// parentheses. See proc_pid_stat(5).
func processGroup(path string) int {
	content, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(fields) < 3 {
		return -1
	}
	group, err := strconv.Atoi(fields[2])
	if err != nil {
		return -1
	}
	return group
}

func pss(path string) (kib int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "Pss:"); found {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
		}
	}
	return 0, fmt.Errorf("%s has no Pss", path)
}
