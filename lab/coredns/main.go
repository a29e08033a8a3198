// CoreDNS, the real one, linked with only the plugins that the lab's Corefile names: all of them would bring every cloud's SDK.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
)

// Plugins run in this order, whatever their order in the Corefile.
func init() {
	dnsserver.Directives = []string{"health", "ready", "prometheus", "errors", "cache", "kubernetes", "forward"}
}

func main() { coremain.Run() }
