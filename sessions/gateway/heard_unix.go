//go:build unix

package gateway

import (
	"net"
	"syscall"
)

// hear tells what the kernel has of the other side. Nothing is read.
func hear(conn net.Conn) heard {
	if secured, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secured.NetConn()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nothing
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return theEnd
	}
	got := theEnd
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case n > 0:
			got = something
		case err == syscall.EAGAIN:
			got = nothing
		}
		return true
	})
	if err != nil {
		return theEnd
	}
	return got
}
