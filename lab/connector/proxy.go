package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"time"
)

// origin is a service inside the house, with a transport of its own.
type origin struct {
	address    *url.URL
	hostHeader string
	noChunks   bool
	proxy      *httputil.ReverseProxy
}

// configure sets how the origin is reached; the defaults are cloudflared's.
func (o *origin) configure(global, own originRequest) error {
	pool, err := loadCAPool(pick(own.CAPool, global.CAPool, ""))
	if err != nil {
		return err
	}
	o.hostHeader = pick(own.HTTPHostHeader, global.HTTPHostHeader, "")
	o.noChunks = pick(own.DisableChunkedEncoding, global.DisableChunkedEncoding, false)
	keepAlive := pick(own.KeepAliveConnections, global.KeepAliveConnections, 100)
	dialer := &net.Dialer{
		Timeout:   pick(own.ConnectTimeout, global.ConnectTimeout, 30*time.Second),
		KeepAlive: pick(own.TCPKeepAlive, global.TCPKeepAlive, 30*time.Second),
	}
	if pick(own.NoHappyEyeballs, global.NoHappyEyeballs, false) {
		dialer.FallbackDelay = -1
	}
	transport := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: pick(own.TLSTimeout, global.TLSTimeout, 10*time.Second),
		IdleConnTimeout:     pick(own.KeepAliveTimeout, global.KeepAliveTimeout, 90*time.Second),
		MaxIdleConns:        keepAlive,
		MaxIdleConnsPerHost: keepAlive,
		ForceAttemptHTTP2:   pick(own.HTTP2Origin, global.HTTP2Origin, false),
		TLSClientConfig: &tls.Config{
			RootCAs:            pool,
			ServerName:         pick(own.OriginServerName, global.OriginServerName, ""),
			InsecureSkipVerify: pick(own.NoTLSVerify, global.NoTLSVerify, false),
		},
	}
	if pick(own.MatchSNIToHost, global.MatchSNIToHost, false) {
		transport.DialTLSContext = dialNamed(dialer.DialContext, transport.TLSClientConfig)
	}
	o.proxy = &httputil.ReverseProxy{
		Rewrite:   o.rewrite,
		Transport: transport,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			requestErrors.Inc()
			log.Printf("ERROR Unable to reach the origin service %s for %s: %v", o.address, r.Host, err)
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	return nil
}

func (o *origin) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme = o.address.Scheme
	r.Out.URL.Host = o.address.Host
	r.Out.Host = cmp.Or(o.hostHeader, r.In.Host)
	if o.hostHeader != "" {
		r.Out.Header.Set("X-Forwarded-Host", r.In.Host)
	}
	r.Out = r.Out.WithContext(context.WithValue(r.Out.Context(), hostKey{}, r.Out.Host))
	// The edge has filled these in; ReverseProxy drops them unless told otherwise.
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto"} {
		r.Out.Header[name] = r.In.Header[name]
	}
	if o.noChunks && r.In.ContentLength < 0 {
		// A body of known length needs no chunks. A read that fails here fails again, and is told, when it is sent on.
		if body, err := io.ReadAll(r.In.Body); err == nil {
			r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
	}
}

// pick returns the rule's own value, else the global one, else the default.
func pick[T any](own, global *T, otherwise T) T {
	for _, value := range []*T{own, global} {
		if value != nil {
			return *value
		}
	}
	return otherwise
}

// proxy answers what the edge passes on.
type proxy struct{ rules []rule }

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	totalRequests.Inc()
	counted := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() { responses.WithLabelValues(strconv.Itoa(counted.status)).Inc() }()
	found := match(p.rules, hostOnly(r.Host), r.URL.Path)
	if found.access {
		refuseStranger(counted, r)
		return
	}
	if found.origin == nil {
		counted.WriteHeader(found.status)
		return
	}
	found.origin.proxy.ServeHTTP(counted, r)
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

// statusWriter remembers the status for the metrics.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets ReverseProxy flush through.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
