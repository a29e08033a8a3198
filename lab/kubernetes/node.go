package main

import "fmt"

// A point-to-point link per pod: every packet is routed, so kube-proxy's rules see it without br_netfilter.
const cniConfig = `{
  "cniVersion": "1.0.0", "name": "pods", "plugins": [
    { "type": "ptp", "ipMasq": false, "ipam": { "type": "host-local", "ranges": [[{ "subnet": "%s" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
`

const kubeletFile = agentDir + "/etc/kubelet.yaml"

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ` + agentDir + `/ca.crt } }
authorization: { mode: Webhook }
containerRuntimeEndpoint: unix://` + criSocket + `
clusterDomain: cluster.local
clusterDNS: [%s]
resolvConf: /etc/resolv.conf
# The lab's hosts share one kernel with cgroup v1 and no device manager.
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: %s
enforceNodeAllocatable: []
failSwapOn: false
# k3s's own limits, so that a full card evicts when it would at home.
evictionHard: { imagefs.available: 5%%, nodefs.available: 5%% }
evictionMinimumReclaim: { imagefs.available: 10%%, nodefs.available: 10%% }
# k3s pins what it imports from agent/images. Debian's containerd cannot, and nothing could pull a collected image again.
imageMinimumGCAge: 87600h
`

// startContainerd waits for nothing: as with k3s it comes up beside the control plane.
func startContainerd(config Config, parts *children) error {
	if err := prepareHost(config); err != nil {
		return err
	}
	containerd := agentDir + "/etc/containerd/config.toml"
	for path, text := range map[string]string{
		containerd:  fmt.Sprintf(containerdConfig, config.PauseImage),
		kubeletFile: fmt.Sprintf(kubeletConfig, config.ClusterDNS, cgroupRoot(config)),
		agentDir + "/etc/cni/net.d/10-pods.conflist": fmt.Sprintf(cniConfig, config.PodCIDR),
	} {
		if err := write(path, text); err != nil {
			return err
		}
	}
	return parts.start("containerd", "containerd", "--config", containerd, "--log-level", "warn")
}

// startNode brings up what every node runs beside containerd: kubelet and kube-proxy.
func startNode(config Config, self string, parts *children, wait waiter) error {
	if err := wait.until("Waiting for containerd", criReady); err != nil {
		return err
	}
	if err := importImages(); err != nil {
		return err
	}
	if err := parts.start("kubelet", self, "kubelet", "--config="+kubeletFile, "--kubeconfig="+agentDir+"/kubelet.kubeconfig",
		"--hostname-override="+config.NodeName, "--node-ip="+config.NodeIP, "--root-dir=/var/lib/kubelet"); err != nil {
		return err
	}
	if err := parts.start("kube-proxy", self, "kube-proxy", "--kubeconfig="+agentDir+"/kube-proxy.kubeconfig",
		"--hostname-override="+config.NodeName, "--cluster-cidr="+config.ClusterCIDR, "--proxy-mode=iptables",
		// These sysctls cannot be written in a container.
		"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s"); err != nil {
		return err
	}
	return wait.until("Waiting for the kubelet", get("http://127.0.0.1:10248/healthz"))
}
