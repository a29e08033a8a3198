#!/bin/bash
# Stands in for k3s in the tests of pi-volume.sh: a counter in a file of fixed size, synced after each change; a shim and a pod
# that outlive the unit and write into an overlay below the data; the answers that tell of health.
set -eu
data=/var/lib/rancher/k3s
rootfs=/run/k3s/containerd/pod/rootfs
settings=/etc/fake-k3s
cgroup=$(findmnt -rn -t cgroup,cgroup2 -o TARGET | grep -E '/(systemd|cgroup|unified)$' | head -n 1)/kubepods/pod1
shim=$data/data/abc/bin/containerd-shim-runc-v2

start_pod() {
    pgrep -f "^$shim" >/dev/null && return
    mkdir -p $data/agent/pod/{lower,upper,work} $rootfs
    mountpoint -q $rootfs ||
        mount -t overlay -o lowerdir=$data/agent/pod/lower,upperdir=$data/agent/pod/upper,workdir=$data/agent/pod/work overlay $rootfs
    mkdir -p $cgroup
    # The pod is the shim's child, as a container is, and in a cgroup of the kubelet's.
    (exec -a $shim bash -c '
        (
            [ ! -e '$settings'/stubborn ] || trap "" TERM
            echo $BASHPID >'$cgroup'/cgroup.procs
            cd '$rootfs' && while echo line >>log; do sleep 0.2; done
        ) &
        wait' </dev/null >/dev/null 2>&1) &
}

case ${1-} in
healthz) printf 'HTTP/1.0 %s\r\n\r\n' "$([ -e $settings/unready ] && echo 500 no || echo 200 ok)" ;;
kubectl) test -e $data/server/db/state -a ! -e $settings/unready ;;
server | agent)
    if [ ! -e $data/server/db/state ]; then
        mkdir -p $data/server/db
        # The damage that must never happen on a Pi that had data: a new, empty cluster.
        echo "$(date +%s)" >>/var/log/fake-k3s-fresh
        printf '%010d' 0 >$data/server/db/state
    fi
    start_pod
    socat TCP-LISTEN:10248,bind=127.0.0.1,fork,reuseaddr EXEC:"$0 healthz" &
    trap "kill $!; exit 0" TERM
    systemd-notify --ready
    while :; do
        printf '%010d' $((10#$(cat $data/server/db/state) + 1)) | dd of=$data/server/db/state conv=notrunc,fsync status=none
        sleep 0.1
    done
    ;;
esac
