package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
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

// settledPSS is groupPSS once it moves by less than 1 % in 100 ms, or after 3 s as it then is: a browser that has just
// started a process, or ended one, is still taking memory or giving it back.
func settledPSS(ctx context.Context, group int) (mib float64, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	last, ok := groupPSS(group)
	for ok {
		select {
		case <-ctx.Done():
			return last, ok
		case <-time.After(100 * time.Millisecond):
		}
		mib, ok = groupPSS(group)
		if math.Abs(mib-last) < last/100 {
			return mib, ok
		}
		last = mib
	}
	return 0, false
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
