package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const containerdConfig = `version = 2
root = "` + agentDir + `/containerd"
state = "` + runDir + `/containerd"
[grpc]
  address = "` + criSocket + `"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%s"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "` + agentDir + `/etc/cni/net.d"
`

// criReady asks containerd for what the kubelet asks first and gives up without: its socket answers earlier than its CRI.
func criReady() error {
	connection, err := grpc.NewClient("unix://"+criSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = runtime.NewRuntimeServiceClient(connection).Version(ctx, &runtime.VersionRequest{})
	return err
}

// importImages loads agent/images/*.tar, as k3s does at each start; an archive that this store has already taken is
// passed over.
func importImages() error {
	archives, err := filepath.Glob(agentDir + "/images/*.tar")
	if err != nil {
		return err
	}
	for _, archive := range archives {
		info, err := os.Stat(archive)
		if err != nil {
			return err
		}
		// Beside the store, so that it goes when the store goes.
		marker := filepath.Join(agentDir, "containerd", filepath.Base(archive)+".imported")
		stamp := fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		if known, err := os.ReadFile(marker); err == nil && string(known) == stamp {
			continue
		}
		if err := ctr("images", "import", archive); err != nil {
			return err
		}
		if err := write(marker, stamp); err != nil {
			return err
		}
	}
	return nil
}

func ctr(args ...string) error {
	command := exec.Command("ctr", append([]string{"--address", criSocket, "--namespace", "k8s.io"}, args...)...)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr %s: %w: %s", strings.Join(args, " "), err, said)
	}
	return nil
}
