package main

import (
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
)

// membership is what a node gets when it joins: the cluster's CA and its own two identities.
type membership struct {
	CA        string
	Kubelet   pair
	KubeProxy pair
}

func (ca authority) admit(node string) (membership, error) {
	kubelet, err := ca.issue(pkix.Name{CommonName: "system:node:" + node, Organization: []string{"system:nodes"}}, []string{node}, nil)
	if err != nil {
		return membership{}, err
	}
	proxy, err := ca.issue(pkix.Name{CommonName: "system:kube-proxy"}, nil, nil)
	return membership{ca.pem(), kubelet, proxy}, err
}

// Headers of a request to join, as k3s names them.
const (
	nameHeader     = "K3s-Node-Name"
	passwordHeader = "K3s-Node-Password"
)

// serveJoin answers agents that know the token and have the password of their node.
func serveJoin(config Config, ca authority, client kubernetes.Interface) error {
	serving, err := loadPair("kube-apiserver")
	if err != nil {
		return err
	}
	identity, err := tls.X509KeyPair([]byte(serving.Cert), []byte(serving.Key))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/join", func(w http.ResponseWriter, r *http.Request) {
		_, token, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(token), []byte(config.Token)) != 1 {
			http.Error(w, "wrong token", http.StatusUnauthorized)
			return
		}
		node := r.Header.Get(nameHeader)
		if err := checkPassword(client, node, r.Header.Get(passwordHeader)); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		member, err := ca.admit(node)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if err := json.NewEncoder(w).Encode(member); err != nil {
			log.Printf("join: %v", err)
		}
	})
	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", config.NodeIP, joinPort))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second}
	go func() {
		log.Fatal(server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{identity}})))
	}()
	return nil
}

// join asks the server for this node's identities at each start, for as long as it takes: nothing runs on an agent, and
// its unit is not active, before a server answers. Like k3s with a token that carries no CA hash, it trusts the server
// that it reaches.
func join(config Config, wait waiter) error {
	api, err := apiOf(config.Server)
	if err != nil {
		return err
	}
	client := http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	return wait.until("Waiting to retrieve agent configuration; server is not ready", func() error {
		member, err := askToJoin(client, config)
		if err != nil {
			return err
		}
		return member.save(api)
	})
}

// askToJoin reads the password anew each time: one that was put back is accepted without a restart, as with k3s.
func askToJoin(client http.Client, config Config) (member membership, err error) {
	password, err := nodePassword()
	if err != nil {
		return member, err
	}
	request, err := http.NewRequest("POST", config.Server+"/v1/join", nil)
	if err != nil {
		return member, err
	}
	request.SetBasicAuth("node", config.Token)
	request.Header.Set(nameHeader, config.NodeName)
	request.Header.Set(passwordHeader, password)
	answer, err := client.Do(request)
	if err != nil {
		return member, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, err := io.ReadAll(io.LimitReader(answer.Body, 1024))
		return member, errors.Join(err, errors.New(strings.TrimSpace(string(said))))
	}
	return member, json.NewDecoder(answer.Body).Decode(&member)
}

// save writes what the parts of a node read.
func (member membership) save(api string) error {
	if err := write(filepath.Join(agentDir, "ca.crt"), member.CA); err != nil {
		return err
	}
	if err := write(filepath.Join(agentDir, "kube-proxy.kubeconfig"), kubeconfig(api, member.CA, member.KubeProxy)); err != nil {
		return err
	}
	return write(filepath.Join(agentDir, "kubelet.kubeconfig"), kubeconfig(api, member.CA, member.Kubelet))
}
