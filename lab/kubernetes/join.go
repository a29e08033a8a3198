package main

import (
	"bytes"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
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

// serveJoin answers agents that know the token.
func serveJoin(config Config, ca authority) error {
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
		node, err := io.ReadAll(io.LimitReader(r.Body, 64))
		if err != nil {
			return
		}
		member, err := ca.admit(string(node))
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

// join asks the server for this node's identities, for as long as it takes: at a cold start an agent may be up first.
// Like k3s with a token that carries no CA hash, it trusts the server that it reaches.
func join(config Config, wait waiter) (member membership, err error) {
	client := http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	err = wait.until(config.Server, func() error {
		member, err = askToJoin(client, config)
		return err
	})
	return member, err
}

func askToJoin(client http.Client, config Config) (member membership, err error) {
	request, err := http.NewRequest("POST", config.Server+"/v1/join", bytes.NewBufferString(config.NodeName))
	if err != nil {
		return member, err
	}
	request.SetBasicAuth("node", config.Token)
	answer, err := client.Do(request)
	if err != nil {
		return member, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return member, fmt.Errorf("the server answered %s", answer.Status)
	}
	return member, json.NewDecoder(answer.Body).Decode(&member)
}

// ensureMember keeps what a node got when it joined, so that it starts with the server away.
func ensureMember(api string, admit func() (membership, error)) error {
	if _, err := os.Stat(filepath.Join(agentDir, "kubelet.kubeconfig")); err == nil {
		return nil
	}
	member, err := admit()
	if err != nil {
		return err
	}
	if err := write(filepath.Join(agentDir, "ca.crt"), member.CA); err != nil {
		return err
	}
	if err := write(filepath.Join(agentDir, "kube-proxy.kubeconfig"), kubeconfig(api, member.CA, member.KubeProxy)); err != nil {
		return err
	}
	return write(filepath.Join(agentDir, "kubelet.kubeconfig"), kubeconfig(api, member.CA, member.Kubelet))
}
