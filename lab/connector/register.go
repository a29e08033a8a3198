package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"sync/atomic"
)

// The edge opens one control stream on each connection, marked with cloudflared's own header. Where cloudflared speaks
// Cap'n Proto on it, the stand-ins exchange lines of JSON: register and unregister one way, the answers the other.
const (
	controlHeader = "Cf-Cloudflared-Proxy-Connection-Upgrade"
	controlStream = "control-stream"
)

var errEdgeClosed = errors.New("the edge closed the connection")

type registration struct {
	AccountTag  string `json:"accountTag"`
	TunnelID    string `json:"tunnelId"`
	Secret      string `json:"secret"`
	ConnectorID string `json:"connectorId"`
	Index       int    `json:"index"`
	Version     string `json:"version"`
}

type controlMessage struct {
	Register   *registration `json:"register,omitempty"`
	Unregister bool          `json:"unregister,omitempty"`
}

// controlAnswer is empty when all is well.
type controlAnswer struct {
	Error string `json:"error"`
}

// control is the control stream of one connection.
type control struct {
	connector  *connector
	index      int
	terminated <-chan struct{}
	registered atomic.Bool
	// Why the edge refused. Read only after the connection has ended.
	err error
}

// serve registers the connection, holds the stream open, and unregisters when the process is told to end.
func (c *control) serve(w http.ResponseWriter, r *http.Request) {
	answers := json.NewDecoder(r.Body)
	ask := func(message controlMessage) error {
		if err := json.NewEncoder(w).Encode(message); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		var answer controlAnswer
		if err := answers.Decode(&answer); err != nil {
			return err
		}
		if answer.Error != "" {
			return errors.New(answer.Error)
		}
		return nil
	}
	err := ask(controlMessage{Register: &registration{
		AccountTag:  c.connector.token.AccountTag,
		TunnelID:    c.connector.token.TunnelID,
		Secret:      c.connector.token.Secret,
		ConnectorID: c.connector.id.String(),
		Index:       c.index,
		Version:     version,
	}})
	if err != nil {
		c.err = fmt.Errorf("registration refused: %w", err)
		registerFailures.WithLabelValues(err.Error(), "registerConnection").Inc()
		return
	}
	c.registered.Store(true)
	haConnections.Inc()
	ready := c.connector.ready.Add(1)
	log.Printf("INFO Registered tunnel connection connIndex=%d (%d ready)", c.index, ready)
	defer func() {
		haConnections.Dec()
		c.connector.ready.Add(-1)
	}()
	select {
	case <-c.terminated:
		if err := ask(controlMessage{Unregister: true}); err != nil {
			log.Printf("WARN connection %d was not unregistered: %v", c.index, err)
			return
		}
		log.Printf("INFO Unregistered tunnel connection connIndex=%d", c.index)
	case <-r.Context().Done():
	}
}
