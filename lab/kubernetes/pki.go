package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const tlsDir = serverDir + "/tls"

// A lab lives for hours; ten years keep its clocks free to be wrong.
const validity = 10 * 365 * 24 * time.Hour

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// pair is a certificate and its key, in PEM.
type pair struct{ Cert, Key string }

// ensurePKI makes a new cluster's certificates when there are none, as k3s does: a server that finds an empty data
// directory becomes a new, empty cluster.
func ensurePKI(config Config) (authority, error) {
	if _, err := os.Stat(tlsPath("ca.key")); err == nil {
		return loadAuthority()
	}
	key, err := newKey()
	if err != nil {
		return authority{}, err
	}
	root, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "k3s-ca"}, key)
	if err != nil {
		return authority{}, err
	}
	ca := authority{root, key}
	names, ips, err := servingNames(config)
	if err != nil {
		return authority{}, err
	}
	for file, subject := range map[string]pkix.Name{
		"kube-apiserver":          {CommonName: "kube-apiserver"},
		"kube-apiserver-kubelet":  {CommonName: "kube-apiserver-kubelet-client", Organization: []string{"system:masters"}},
		"admin":                   {CommonName: "system:admin", Organization: []string{"system:masters"}},
		"kube-controller-manager": {CommonName: "system:kube-controller-manager"},
		"kube-scheduler":          {CommonName: "system:kube-scheduler"},
	} {
		issued, err := ca.issue(subject, names, ips)
		if err != nil {
			return authority{}, err
		}
		if err := issued.save(file); err != nil {
			return authority{}, err
		}
	}
	accounts, err := newKey()
	if err != nil {
		return authority{}, err
	}
	if err := saveKey(tlsPath("service-account.key"), accounts); err != nil {
		return authority{}, err
	}
	if err := write(tlsPath("ca.crt"), ca.pem()); err != nil {
		return authority{}, err
	}
	// Last, because its presence says that the rest is there.
	return ca, saveKey(tlsPath("ca.key"), key)
}

// servingNames are the names and addresses under which pods, nodes and people reach the API server.
func servingNames(config Config) ([]string, []net.IP, error) {
	_, services, err := net.ParseCIDR(config.ServiceCIDR)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: service-cidr: %w", configFile, err)
	}
	first := services.IP.To4()
	first[3]++
	names := []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost", config.NodeName}
	return names, []net.IP{net.ParseIP(config.NodeIP), net.IPv4(127, 0, 0, 1), first}, nil
}

func (ca authority) issue(subject pkix.Name, names []string, ips []net.IP) (pair, error) {
	key, err := newKey()
	if err != nil {
		return pair{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return pair{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		DNSNames:     names,
		IPAddresses:  ips,
		NotBefore:    ca.cert.NotBefore,
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, ca.cert, key.Public(), ca.key)
	if err != nil {
		return pair{}, err
	}
	text, err := keyutil.MarshalPrivateKeyToPEM(key)
	return pair{toPEM(der), string(text)}, err
}

func loadAuthority() (authority, error) {
	certs, err := cert.CertsFromFile(tlsPath("ca.crt"))
	if err != nil {
		return authority{}, err
	}
	key, err := keyutil.PrivateKeyFromFile(tlsPath("ca.key"))
	if err != nil {
		return authority{}, err
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return authority{}, fmt.Errorf("%s: not an ECDSA key", tlsPath("ca.key"))
	}
	return authority{certs[0], private}, nil
}

func (ca authority) pem() string { return toPEM(ca.cert.Raw) }

func (p pair) save(name string) error {
	if err := write(tlsPath(name+".crt"), p.Cert); err != nil {
		return err
	}
	return write(tlsPath(name+".key"), p.Key)
}

func loadPair(name string) (pair, error) {
	certText, err := os.ReadFile(tlsPath(name + ".crt"))
	if err != nil {
		return pair{}, err
	}
	keyText, err := os.ReadFile(tlsPath(name + ".key"))
	return pair{string(certText), string(keyText)}, err
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func saveKey(path string, key *ecdsa.PrivateKey) error {
	text, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return write(path, string(text))
}

func toPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func tlsPath(name string) string { return filepath.Join(tlsDir, name) }
