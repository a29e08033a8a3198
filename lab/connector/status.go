package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The names are cloudflared's: dashboards and alerts are written against them.
var (
	haConnections = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "cloudflared_tunnel_ha_connections", Help: "Number of active connections to the edge",
	})
	totalRequests = promauto.NewCounter(prometheus.CounterOpts{
		Name: "cloudflared_tunnel_total_requests", Help: "Requests proxied through all connections",
	})
	requestErrors = promauto.NewCounter(prometheus.CounterOpts{
		Name: "cloudflared_tunnel_request_errors", Help: "Requests that failed to reach the origin",
	})
	responses = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cloudflared_tunnel_response_by_code", Help: "Responses by HTTP status code",
	}, []string{"status_code"})
	registerFailures = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cloudflared_tunnel_tunnel_register_fail", Help: "Failed registrations by error",
	}, []string{"error", "rpcName"})
	_ = promauto.NewCounter(prometheus.CounterOpts{
		Name: "cloudflared_config_local_config_pushes_errors", Help: "Local configurations that the edge refused",
	})
	buildInfo = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "build_info", Help: "Build and version of the connector",
	}, []string{"goversion", "version"})
)

// serveStatus opens the port of the probes and of Prometheus.
func (c *connector) serveStatus(address string) error {
	buildInfo.WithLabelValues(runtime.Version(), version).Set(1)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.Handler())
	mux.HandleFunc("/healthcheck", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "OK") })
	mux.HandleFunc("/ready", c.serveReady)
	log.Printf("INFO Starting metrics server on %s/metrics", listener.Addr())
	go func() { log.Fatalf("FATAL metrics server: %v", http.Serve(listener, mux)) }()
	return nil
}

// serveReady answers 200 while at least one connection is registered.
func (c *connector) serveReady(w http.ResponseWriter, _ *http.Request) {
	answer := struct {
		Status           int    `json:"status"`
		ReadyConnections int32  `json:"readyConnections"`
		ConnectorID      string `json:"connectorId"`
	}{http.StatusOK, c.ready.Load(), c.id.String()}
	if answer.ReadyConnections == 0 {
		answer.Status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Printf("WARN /ready: %v", err)
	}
}
