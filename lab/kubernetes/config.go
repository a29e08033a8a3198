package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// k3s's own paths.
const (
	configFile = "/etc/rancher/k3s/config.yaml"
	adminFile  = "/etc/rancher/k3s/k3s.yaml"
	dataDir    = "/var/lib/rancher/k3s"
	serverDir  = dataDir + "/server"
	agentDir   = dataDir + "/agent"
	runDir     = "/run/k3s"
	criSocket  = runDir + "/containerd/containerd.sock"
)

// joinPort serves agents their certificates (k3s multiplexes this on 6443).
const joinPort = 9345

// Config is what /etc/rancher/k3s/config.yaml says; names are k3s's flags.
type Config struct {
	NodeName    string `json:"node-name"` // The hostname, unless it is given.
	NodeIP      string `json:"node-ip"`
	Server      string `json:"server"` // Address of the server; agents only.
	Token       string `json:"token"`
	ClusterCIDR string `json:"cluster-cidr"`
	ServiceCIDR string `json:"service-cidr"`
	ClusterDNS  string `json:"cluster-dns"`
	// PodCIDR is this node's part of the cluster's pod network. k3s's flannel would lease one.
	PodCIDR string `json:"pod-cidr"`
	// PauseImage is in k3s a built-in default.
	PauseImage string `json:"pause-image"`
}

func readConfig(server bool) (Config, error) {
	var config Config
	text, err := os.ReadFile(configFile)
	if err != nil {
		return config, err
	}
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		return config, fmt.Errorf("%s: %w", configFile, err)
	}
	if config.NodeName == "" {
		host, err := os.Hostname()
		if err != nil {
			return config, err
		}
		config.NodeName = strings.ToLower(host)
	}
	if err := config.check(server); err != nil {
		return config, fmt.Errorf("%s: %w", configFile, err)
	}
	return config, nil
}

// check refuses a server that was meant to be an agent: it would become a second, empty cluster.
func (config Config) check(server bool) error {
	for key, value := range map[string]string{
		"node-ip": config.NodeIP, "token": config.Token, "cluster-dns": config.ClusterDNS,
		"cluster-cidr": config.ClusterCIDR, "pod-cidr": config.PodCIDR, "pause-image": config.PauseImage,
	} {
		if value == "" {
			return fmt.Errorf("%s is missing; add it", key)
		}
	}
	if server && config.Server != "" {
		return fmt.Errorf("server: %s makes this node an agent; start k3s-agent.service here, not k3s.service", config.Server)
	}
	if !server && config.Server == "" {
		return errors.New("server is missing; an agent needs its server's address, such as https://10.77.0.11:9345")
	}
	return nil
}

// write makes a file that only root reads, with its folder.
func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
