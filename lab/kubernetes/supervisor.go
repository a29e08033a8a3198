package main

import (
	"errors"
	"log"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

var errStopped = errors.New("stopped")

// supervise runs this node until it is told to stop or one of its parts ends.
func supervise(server bool) error {
	// Children are tied to the thread that starts them.
	runtime.LockOSThread()
	log.SetFlags(0)
	config, err := readConfig(server)
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	parts := &children{failed: make(chan error, 16)}
	defer parts.stop()
	err = run(config, server, parts, stop)
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

func run(config Config, server bool, parts *children, stop <-chan os.Signal) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	wait := waiter{parts.failed, stop}
	if !server {
		if err := join(config, wait); err != nil {
			return err
		}
	}
	if err := startContainerd(config, parts); err != nil {
		return err
	}
	if server {
		if err := startServer(config, self, parts, wait); err != nil {
			return err
		}
	}
	if err := startNode(config, self, parts, wait); err != nil {
		return err
	}
	if server {
		if err := applyManifests(self); err != nil {
			return err
		}
	}
	if _, err := daemon.SdNotify(false, daemon.SdNotifyReady); err != nil {
		return err
	}
	log.Print("k3s (stand-in): this node is up")
	select {
	case failure := <-parts.failed:
		return failure
	case <-stop:
		return errStopped
	}
}

// waiter lets a wait end early, when a part fails or the unit is stopped.
type waiter struct {
	failed <-chan error
	stop   <-chan os.Signal
}

func (w waiter) until(what string, ready func() error) error {
	for begun := time.Now(); ; {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case failure := <-w.failed:
			return failure
		case <-w.stop:
			return errStopped
		case <-time.After(200 * time.Millisecond):
			// As often as k3s says it.
			if time.Since(begun) > 5*time.Second {
				log.Printf("%s: %v", what, err)
				begun = time.Now()
			}
		}
	}
}
