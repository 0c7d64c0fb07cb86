//go:build !unix

package gateway

import "net"

// hear cannot tell here; a connection that was closed is noticed when it is written to.
func hear(net.Conn) heard { return nothing }
