// Rekindle's stand-in for cloudflared: the same arguments, config.yaml, token, probes and metrics, connected to the
// lab's stand-in for Cloudflare's edge over the lab's own registration protocol (see register.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/urfave/cli/v2"
)

const version = "2026.8.2-rekindle-stand-in"

// The longest grace period that cloudflared accepts.
const maxGracePeriod = 3 * time.Minute

func main() {
	// The image's entrypoint puts it before the command, the usual arguments after it.
	noAutoupdate := &cli.BoolFlag{Name: "no-autoupdate", Usage: "accepted; nothing here updates itself"}
	app := &cli.App{
		Name:    "cloudflared",
		Usage:   "Rekindle's stand-in for cloudflared",
		Version: version,
		Flags:   []cli.Flag{noAutoupdate},
		Commands: []*cli.Command{
			{Name: "version", Action: func(*cli.Context) error { fmt.Println("cloudflared version " + version); return nil }},
			{
				Name: "tunnel",
				Flags: []cli.Flag{
					noAutoupdate,
					&cli.StringFlag{Name: "config", Usage: "config.yaml with the ingress rules", Required: true},
					&cli.StringFlag{Name: "metrics", Value: "127.0.0.1:20241", Usage: "address of /ready, /healthcheck, /metrics"},
					&cli.DurationFlag{Name: "grace-period", Value: 30 * time.Second, Usage: "how long to drain after SIGTERM"},
					&cli.StringFlag{Name: "loglevel", Value: "info", EnvVars: []string{"TUNNEL_LOGLEVEL"}, Usage: "debug, info, warn, error or fatal"},
					&cli.StringFlag{Name: "region", EnvVars: []string{"TUNNEL_REGION"}, Usage: "none: the lab has the global regions alone"},
					&cli.StringSliceFlag{Name: "edge", Hidden: true, Usage: "edge address instead of a look-up"},
				},
				Subcommands: []*cli.Command{
					{
						Name: "run",
						Flags: []cli.Flag{
							&cli.StringFlag{Name: "token", EnvVars: []string{"TUNNEL_TOKEN"}},
							&cli.StringFlag{Name: "protocol", Aliases: []string{"p"}, Value: "auto", EnvVars: []string{"TUNNEL_TRANSPORT_PROTOCOL"}, Usage: "auto or http2; the stand-in always speaks http2"},
							&cli.StringFlag{Name: "token-file", EnvVars: []string{"TUNNEL_TOKEN_FILE"}},
						},
						Action: runTunnel,
					},
					{Name: "ingress", Subcommands: []*cli.Command{{Name: "validate", Action: validate}}},
				},
			},
		},
	}
	if err := app.Run(os.Args); err != nil {
		log.Fatalf("FATAL %v", err)
	}
}

func validate(c *cli.Context) error {
	if _, err := loadConfig(c.String("config")); err != nil {
		return err
	}
	fmt.Println("OK")
	return nil
}

func runTunnel(c *cli.Context) error {
	limitLog(c.String("loglevel"))
	log.Printf("INFO Rekindle's stand-in for cloudflared, version %s", version)
	if err := servable(c.String("protocol"), c.String("region")); err != nil {
		return err
	}
	grace := c.Duration("grace-period")
	if grace > maxGracePeriod {
		return fmt.Errorf("--grace-period %s is too long: cloudflared allows at most %s", grace, maxGracePeriod)
	}
	rules, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	token, err := loadToken(c.String("token"), c.String("token-file"))
	if err != nil {
		return err
	}
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	// As with cloudflared, a first look-up that fails ends the process.
	edges, err := lookUpEdges(terminated, c.StringSlice("edge"))
	if err != nil {
		return fmt.Errorf("could not look up the edge: %w; check the resolvers of this pod", err)
	}
	connector := &connector{id: uuid.New(), token: token, edges: edges, handler: &proxy{rules: rules}}
	if err := connector.serveStatus(c.String("metrics")); err != nil {
		return fmt.Errorf("could not listen on the metrics address: %w", err)
	}

	done := connector.start(terminated)
	<-terminated.Done()
	stop() // A second signal ends the process at once.
	log.Printf("INFO signal received: unregistering, then draining for at most %s", grace)
	select {
	case <-done:
	case <-time.After(grace):
		log.Printf("WARN requests were still open after %s", grace)
	}
	return nil
}

// servable refuses what cloudflared refuses, and what the lab has no edge for.
func servable(protocol, region string) error {
	switch protocol {
	case "auto", "http2":
	case "quic":
		return errors.New("--protocol quic is not served by this stand-in: use auto or http2")
	default:
		return fmt.Errorf("unknown protocol %s, Available protocols: 'auto', 'quic', 'http2'", protocol)
	}
	if region != "" {
		return fmt.Errorf("--region %s is not served by this stand-in: leave it out", region)
	}
	return nil
}

var errNoToken = errors.New("no tunnel token: give --token, --token-file, TUNNEL_TOKEN or TUNNEL_TOKEN_FILE")
