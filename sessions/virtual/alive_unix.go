//go:build unix

package virtual

import (
	"errors"
	"syscall"
)

// isAlive tells whether a kept connection is still open as far as can be seen: the server has neither closed it
// nor sent anything unasked for. Asking costs a system call, and spares requests that may not be repeated.
func (l *line) isAlive() bool {
	socket, ok := l.Conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	alive := false
	if err := raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		alive = errors.Is(err, syscall.EAGAIN)
	}); err != nil {
		return false
	}
	return alive
}
