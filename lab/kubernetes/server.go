package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const etcdURL = "http://127.0.0.1:2379"

// startServer brings up the control plane: etcd, API server, controllers, scheduler, and the join endpoint.
func startServer(config Config, self string, parts *children, wait waiter) error {
	ca, err := ensurePKI(config)
	if err != nil {
		return err
	}
	api := fmt.Sprintf("https://%s:6443", config.NodeIP)
	if err := writeKubeconfigs(api, ca); err != nil {
		return err
	}
	if err := parts.start("etcd", "etcd", "--name=default", "--data-dir="+serverDir+"/db/etcd",
		"--listen-client-urls="+etcdURL, "--advertise-client-urls="+etcdURL, "--listen-peer-urls=http://127.0.0.1:2380",
		"--logger=zap", "--log-level=warn"); err != nil {
		return err
	}
	if err := wait.until("etcd", get(http.DefaultClient, etcdURL+"/health")); err != nil {
		return err
	}
	if err := parts.start("kube-apiserver", self, "kube-apiserver",
		"--advertise-address="+config.NodeIP, "--etcd-servers="+etcdURL, "--service-cluster-ip-range="+config.ServiceCIDR,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
		"--client-ca-file="+tlsPath("ca.crt"),
		"--tls-cert-file="+tlsPath("kube-apiserver.crt"), "--tls-private-key-file="+tlsPath("kube-apiserver.key"),
		"--kubelet-client-certificate="+tlsPath("kube-apiserver-kubelet.crt"), "--kubelet-client-key="+tlsPath("kube-apiserver-kubelet.key"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-signing-key-file="+tlsPath("service-account.key"), "--service-account-key-file="+tlsPath("service-account.key"),
		"--endpoint-reconciler-type=lease"); err != nil {
		return err
	}
	client, err := apiClient(ca)
	if err != nil {
		return err
	}
	if err := wait.until("the API server", get(client, api+"/readyz")); err != nil {
		return err
	}
	if err := parts.start("kube-controller-manager", self, "kube-controller-manager",
		"--kubeconfig="+serverDir+"/cred/kube-controller-manager.kubeconfig", "--use-service-account-credentials=true",
		"--root-ca-file="+tlsPath("ca.crt"), "--service-account-private-key-file="+tlsPath("service-account.key"),
		"--cluster-cidr="+config.ClusterCIDR, "--leader-elect=false"); err != nil {
		return err
	}
	if err := parts.start("kube-scheduler", self, "kube-scheduler",
		"--kubeconfig="+serverDir+"/cred/kube-scheduler.kubeconfig", "--leader-elect=false"); err != nil {
		return err
	}
	if err := serveJoin(config, ca); err != nil {
		return err
	}
	return ensureMember(api, func() (membership, error) { return ca.admit(config.NodeName) })
}

func writeKubeconfigs(api string, ca authority) error {
	for name, path := range map[string]string{
		"admin":                   adminFile,
		"kube-controller-manager": serverDir + "/cred/kube-controller-manager.kubeconfig",
		"kube-scheduler":          serverDir + "/cred/kube-scheduler.kubeconfig",
	} {
		user, err := loadPair(name)
		if err != nil {
			return err
		}
		if err := write(path, kubeconfig(api, ca.pem(), user)); err != nil {
			return err
		}
	}
	return nil
}

// applyManifests does what k3s's deploy controller does with server/manifests, once a start.
func applyManifests(self string) error {
	files, err := filepath.Glob(serverDir + "/manifests/*.yaml")
	if err != nil || len(files) == 0 {
		return err
	}
	apply := exec.Command(self, "kubectl", "--kubeconfig="+adminFile, "apply", "--filename="+serverDir+"/manifests")
	apply.Stdout, apply.Stderr = os.Stdout, os.Stderr
	return apply.Run()
}

// apiOf is the API server's address on the host that agents join.
func apiOf(joinAddress string) (string, error) {
	parsed, err := url.Parse(joinAddress)
	if err != nil || parsed.Hostname() == "" {
		return "", fmt.Errorf("%s: server: %q is not an address such as https://10.77.0.11:9345", configFile, joinAddress)
	}
	return fmt.Sprintf("https://%s:6443", parsed.Hostname()), nil
}

func apiClient(ca authority) (*http.Client, error) {
	admin, err := loadPair("admin")
	if err != nil {
		return nil, err
	}
	identity, err := tls.X509KeyPair([]byte(admin.Cert), []byte(admin.Key))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{identity}},
	}}, nil
}

func get(client *http.Client, address string) func() error {
	return func() error {
		answer, err := client.Get(address)
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %s", address, answer.Status)
		}
		return nil
	}
}
