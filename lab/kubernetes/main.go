// The lab's stand-in for the k3s binary, which is in no package registry: the real Kubernetes components, compiled from
// their Go modules into one binary, under k3s's command names, unit names and paths.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// Each component is the upstream command, unchanged; the supervisor starts them as children of its own.
var components = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 kubelet.NewKubeletCommand,
	"kube-proxy":              proxy.NewProxyCommand,
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	if err := runUnpacked(); err != nil {
		fail(err)
	}
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	if component, ok := components[name]; ok {
		os.Args = os.Args[1:]
		os.Exit(cli.Run(component()))
	}
	if name != "server" && name != "agent" {
		fmt.Fprintln(os.Stderr, "usage: k3s server | agent | kubectl ARGS... (Rekindle's stand-in for k3s: real Kubernetes components)")
		os.Exit(2)
	}
	if err := supervise(name == "server"); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "k3s (stand-in):", err)
	os.Exit(1)
}
