package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// children are the processes of this node, in the order they were started.
type children struct {
	list   []*exec.Cmd
	ended  []chan struct{}
	failed chan error
}

var output sync.Mutex

// start runs a program whose lines reach the journal with its name in front. A child that ends ends the unit, as a
// failing component ends k3s. Must be called from the main goroutine: a child is killed when the thread that started it goes.
func (c *children) start(name, program string, args ...string) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	command := exec.Command(program, args...)
	command.Stdout, command.Stderr = writer, writer
	// Only the supervisor speaks to systemd.
	command.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "NOTIFY_SOCKET=") })
	// With the supervisor killed, nothing of Kubernetes goes on without it, except containerd's shims and their pods.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	writer.Close()
	go relay(name, reader)
	ended := make(chan struct{})
	go func() {
		err := command.Wait()
		close(ended)
		c.failed <- fmt.Errorf("%s ended: %v", name, err)
	}()
	c.list, c.ended = append(c.list, command), append(c.ended, ended)
	return nil
}

// grace is how long a child may take to end. Open watches would hold the API server for a minute; k3s does not wait for
// them either, and etcd loses nothing when it is killed.
const grace = 2 * time.Second

// stop ends them in the reverse order of their start; pods run on in their shims.
func (c *children) stop() {
	for i := len(c.list) - 1; i >= 0; i-- {
		c.list[i].Process.Signal(syscall.SIGTERM)
		select {
		case <-c.ended[i]:
		case <-time.After(grace):
			c.list[i].Process.Kill()
			<-c.ended[i]
		}
	}
}

func relay(name string, lines io.Reader) {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		output.Lock()
		fmt.Printf("%s: %s\n", name, scanner.Text())
		output.Unlock()
	}
	// A line beyond the limit ends the scan; the pipe must still be emptied, or the child stops at its next line.
	io.Copy(io.Discard, lines)
}
