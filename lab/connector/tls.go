package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net"
	"os"
)

// hostKey holds the Host that a request is sent with, for the connection that is dialled for it.
type hostKey struct{}

// loadCAPool returns the authorities that an origin's certificate may be signed by: the system's, and those of a file. As cloudflared,
// it does not start without the file, and ignores certificates that it cannot read.
func loadCAPool(file string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if file == "" {
		return pool, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("error loading cert pool: unable to read the file %s for --origin-ca-pool: %w", file, err)
	}
	if !pool.AppendCertsFromPEM(text) {
		log.Printf("INFO could not append the provided origin CA to the cloudflared certificate pool")
	}
	return pool, nil
}

// dialNamed dials TLS with the request's Host as the name that the origin's certificate must have (matchSNItoHost). A connection is
// kept for the origin's address, so that a later request for another host may use it, as in cloudflared.
func dialNamed(dial func(context.Context, string, string) (net.Conn, error), config *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		named := config.Clone()
		named.ServerName, _ = ctx.Value(hostKey{}).(string)
		return tls.Client(connection, named), nil
	}
}
