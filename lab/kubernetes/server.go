package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
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
	if err := wait.until("Waiting for etcd", get(etcdURL+"/health")); err != nil {
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
	admin, err := clientcmd.BuildConfigFromFlags("", adminFile)
	if err != nil {
		return err
	}
	admin.Timeout = 5 * time.Second
	client, err := kubernetes.NewForConfig(admin)
	if err != nil {
		return err
	}
	if err := wait.until("Waiting for the API server", func() error {
		return client.RESTClient().Get().AbsPath("/readyz").Do(context.Background()).Error()
	}); err != nil {
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
	if err := serveJoin(config, ca, client); err != nil {
		return err
	}
	if err := wait.until("Waiting to check this node's password", func() error {
		password, err := nodePassword()
		if err != nil {
			return err
		}
		err = checkPassword(client, config.NodeName, password)
		if errors.Is(err, errRejected) {
			// A server is its own agent: k3s only warns.
			log.Print("NodePasswordValidationFailed: ", err)
			return nil
		}
		return err
	}); err != nil {
		return err
	}
	member, err := ca.admit(config.NodeName)
	if err != nil {
		return err
	}
	return member.save(api)
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

func get(address string) func() error {
	return func() error {
		answer, err := http.Get(address)
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
