package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/http2"
)

const (
	// cloudflared's number of connections to the edge.
	connections = 4
	// cloudflared's backoff: up to 1 s, doubled with each failure, five times.
	maxBackoff  = 32 * time.Second
	dialTimeout = 15 * time.Second
	// The name in the edge's certificate, whatever address was dialled (cloudflared's http2 protocol).
	edgeServerName = "h2.cftunnel.com"
	// An edge that is gone without a word is noticed after both of these; it pings every 5 s itself.
	readIdleTimeout = 10 * time.Second
	pingTimeout     = 5 * time.Second
)

// connector holds the connections to the edge.
type connector struct {
	id      uuid.UUID
	token   tunnelToken
	edges   []string
	handler http.Handler
	ready   atomic.Int32
}

// lookUpEdges returns the addresses of the two regions, or the ones that were given.
func lookUpEdges(ctx context.Context, given []string) ([]string, error) {
	if len(given) > 0 {
		return given, nil
	}
	var edges []string
	for _, host := range []string{"region1.v2.argotunnel.com", "region2.v2.argotunnel.com"} {
		addresses, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			return nil, err
		}
		for _, address := range addresses {
			edges = append(edges, net.JoinHostPort(address, "7844"))
		}
	}
	return edges, nil
}

// start keeps all connections up until ctx ends; the channel closes when the last one has drained. They are dialled at
// once, where cloudflared lets a second pass between them.
func (c *connector) start(ctx context.Context) <-chan struct{} {
	var all sync.WaitGroup
	for index := range connections {
		all.Go(func() { c.keepConnected(ctx, index) })
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	return done
}

// keepConnected serves one connection after the other, at the next address after each failure.
func (c *connector) keepConnected(ctx context.Context, index int) {
	backoff := time.Second
	for attempt := index; ; attempt++ {
		edge := c.edges[attempt%len(c.edges)]
		registered, err := c.serveConnection(ctx, edge, index)
		if ctx.Err() != nil {
			return
		}
		if registered {
			backoff = time.Second
		}
		log.Printf("ERROR connection %d to %s: %v; retrying in up to %s", index, edge, cmp.Or(err, errEdgeClosed), backoff)
		if !sleep(ctx, rand.N(backoff)) {
			return
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// serveConnection dials the edge and serves it requests until the connection ends: this side, which dialled, is the
// HTTP/2 server. It tells whether the edge had accepted the registration.
func (c *connector) serveConnection(ctx context.Context, edge string, index int) (bool, error) {
	dialer := &tls.Dialer{
		NetDialer: &net.Dialer{Timeout: dialTimeout},
		Config:    &tls.Config{ServerName: edgeServerName, NextProtos: []string{http2.NextProtoTLS}},
	}
	connection, err := dialer.DialContext(ctx, "tcp", edge)
	if err != nil {
		return false, fmt.Errorf("could not dial: %w", err)
	}
	defer connection.Close()
	control := &control{connector: c, index: index, terminated: ctx.Done()}
	server := &http2.Server{
		MaxConcurrentStreams: math.MaxUint32, ReadIdleTimeout: readIdleTimeout, PingTimeout: pingTimeout,
	}
	server.ServeConn(connection, &http2.ServeConnOpts{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(controlHeader) == controlStream {
				control.serve(w, r)
				return
			}
			c.handler.ServeHTTP(w, r)
		}),
	})
	return control.registered.Load(), control.err
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}
