package main

import (
	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfig is a client's file for this cluster, with its certificates inside, as k3s writes them.
func kubeconfig(server, ca string, user pair) string {
	config := clientapi.NewConfig()
	config.Clusters["default"] = &clientapi.Cluster{Server: server, CertificateAuthorityData: []byte(ca)}
	config.AuthInfos["default"] = &clientapi.AuthInfo{ClientCertificateData: []byte(user.Cert), ClientKeyData: []byte(user.Key)}
	config.Contexts["default"] = &clientapi.Context{Cluster: "default", AuthInfo: "default"}
	config.CurrentContext = "default"
	text, err := clientcmd.Write(*config)
	if err != nil {
		panic(err) // Only an unencodable structure fails, and this one is fixed.
	}
	return string(text)
}
