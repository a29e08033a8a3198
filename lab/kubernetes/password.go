package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// passwordFile is on the card: a new card does not have it.
const passwordFile = "/etc/rancher/node/password"

var errRejected = errors.New("Node password rejected, duplicate hostname or contents of '" + passwordFile + "' may not match " +
	"server node-passwd entry, try enabling a unique node name with the --with-node-id flag")

// nodePassword reads this card's password, and makes one when there is none.
func nodePassword() (string, error) {
	text, err := os.ReadFile(passwordFile)
	if errors.Is(err, os.ErrNotExist) {
		password := rand.Text()
		return password, write(passwordFile, password+"\n")
	}
	return strings.TrimSpace(string(text)), err
}

// checkPassword compares a node's password with the hash in its Secret, and keeps the hash of a node without one.
func checkPassword(client kubernetes.Interface, node, password string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	secrets := client.CoreV1().Secrets("kube-system")
	name := node + ".node-password.k3s"
	if _, err := client.CoreV1().Nodes().Get(ctx, node, meta.GetOptions{}); apierrors.IsNotFound(err) {
		// k3s deletes the Secret when the Node is deleted.
		if err := secrets.Delete(ctx, name, meta.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(password)))
	secret, err := secrets.Get(ctx, name, meta.GetOptions{})
	if apierrors.IsNotFound(err) {
		kept := &core.Secret{ObjectMeta: meta.ObjectMeta{Name: name}, StringData: map[string]string{"hash": hash}}
		_, err = secrets.Create(ctx, kept, meta.CreateOptions{})
		return err
	}
	if err == nil && string(secret.Data["hash"]) != hash {
		return errRejected
	}
	return err
}
