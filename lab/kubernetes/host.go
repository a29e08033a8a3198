package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const cgroups = "/sys/fs/cgroup"

// cgroupRoot keeps the pods of nodes apart that share one kernel: a kubelet kills what it finds in its tree and does not know.
func cgroupRoot(config Config) string { return "/rekindle-" + config.NodeName }

// prepareHost makes a container that plays a Pi fit for a kubelet: writable kernel trees, a cgroup tree of its own, and
// the routing that k3s's flannel would set up.
func prepareHost(config Config) error {
	parts, err := filepath.Glob(cgroups + "/*")
	if err != nil {
		return err
	}
	for _, mount := range append(parts, cgroups, "/sys", "/proc/sys") {
		// A plain remount is busy; only the container's own view is changed.
		if said, err := exec.Command("mount", "-o", "remount,bind,rw", mount).CombinedOutput(); err != nil && isMount(mount) {
			return fmt.Errorf("remounting %s: %w: %s", mount, err, said)
		}
	}
	trees, err := cgroupTrees()
	if err != nil {
		return err
	}
	for _, tree := range trees {
		if err := ensureCgroup(filepath.Join(tree, cgroupRoot(config))); err != nil {
			return err
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return err
	}
	masquerade := []string{"POSTROUTING", "-s", config.ClusterCIDR, "!", "-d", config.ClusterCIDR, "-j", "MASQUERADE"}
	if exec.Command("iptables", append([]string{"-w", "-t", "nat", "-C"}, masquerade...)...).Run() == nil {
		return nil
	}
	if said, err := exec.Command("iptables", append([]string{"-w", "-t", "nat", "-A"}, masquerade...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("iptables: %w: %s", err, said)
	}
	return nil
}

// cgroupTrees are the hierarchies that pods are kept in: one per controller with cgroup v1, a single one with v2.
func cgroupTrees() ([]string, error) {
	controllers, err := os.ReadFile(cgroups + "/cgroup.controllers")
	if err != nil {
		return filepath.Glob(cgroups + "/*")
	}
	// With v2 a cgroup has the controllers that its parent hands down.
	var enable []string
	for _, controller := range strings.Fields(string(controllers)) {
		enable = append(enable, "+"+controller)
	}
	return []string{cgroups}, os.WriteFile(cgroups+"/cgroup.subtree_control", []byte(strings.Join(enable, " ")), 0o644)
}

func ensureCgroup(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	// An empty cpuset takes no process; it starts as its parent's.
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		parent, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			continue // Not the cpuset tree.
		}
		if err := os.WriteFile(filepath.Join(path, name), parent, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func isMount(path string) bool {
	mounts, err := os.ReadFile("/proc/self/mounts")
	return err == nil && strings.Contains(string(mounts), " "+path+" ")
}
