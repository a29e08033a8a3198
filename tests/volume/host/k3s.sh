#!/bin/bash
# Stands in for k3s in the tests of pi-volume.sh. It finds its data as k3s does, unpacks itself there, and runs from there.
# It syncs a counter in a file of fixed size, leaves a pod behind when it stops, and tells its health as a kubelet does.
# Files in /etc/fake-k3s turn it:
#   unready    the node is not Ready, and the kubelet not well
#   stubborn   pods ignore SIGTERM
#   grace      the seconds that the pod asks for when it is to end; 3 without this file
set -eu
shopt -s nullglob extglob
self=/usr/local/bin/k3s
default=/var/lib/rancher/k3s
settings=/etc/fake-k3s
uid=5d0c5bd2-3f0b-4f6c-9d55-6c1b4d0a7e11
verb=${0##*/}
[ "$verb" != k3s ] || verb=${1-}

# A flag's value: the last argument that gives one, or else the environment, or else the last file of the configuration.
# Arguments: its names as a pattern, its variable, and k3s's own arguments.
flag() {
    local names=$1 variable=$2 value="" name
    shift 2
    while (($# > 0)); do
        [[ ! $1 =~ ^($names)(=(.*))?$ ]] || value=${BASH_REMATCH[3]:-${2-}}
        shift
    done
    value=${value:-${!variable-}}
    if [[ -z $value && ( -e ${config-} || -d ${config-}.d ) ]]; then
        name=${names%%|*}
        value=$(sed -nE "s/^ *[\"']?${name#--}[\"']? *: *[\"']?([^\"'# ]*).*/\1/p" "$config" "$config.d"/*.@(yaml|yml) 2>/dev/null | tail -n 1)
    fi
    printf '%s' "$value"
}

# Whatever the data folder is, k3s takes what it once unpacked into its default one.
unpack() {
    local new=$data/data/abc.$$
    bin=$default/data/abc/bin
    [ ! -x $bin/k3s ] || return 0
    bin=$data/data/abc/bin
    [ ! -x "$bin/k3s" ] || return 0
    mkdir -p "$new/bin"
    cp /bin/bash "$new/bin/k3s"
    ln "$new/bin/k3s" "$new/bin/containerd-shim-runc-v2"
    # What the unpacked bash is told to run: so its command line reads as k3s's.
    ln -s $self "$new/bin/server"
    ln -s $self "$new/bin/agent"
    sync "$new/bin/k3s"
    mv -T "$new" "$data/data/abc" || rm -r "$new"
}

# Arguments: where, and those of mount. What an earlier k3s mounted is still there.
mount_at() {
    [[ $(</proc/self/mountinfo) != *" $1 "* ]] || return 0
    mkdir -p "$1"
    mount "${@:2}" "$1"
}

start_pod() {
    local shim=$bin/containerd-shim-runc-v2 pod=$data/agent/pod
    export settings rootfs=/run/k3s/containerd/pod/rootfs cgroup
    pgrep -f "^$shim" >/dev/null && return
    mkdir -p "$pod"/{lower,upper,work}
    mount_at $rootfs -t overlay -o "lowerdir=$pod/lower,upperdir=$pod/upper,workdir=$pod/work" overlay
    cgroup=$(findmnt -rn -t cgroup,cgroup2 -o TARGET | grep -E '/(systemd|cgroup|unified)$' | head -n 1)/kubepods/pod$uid
    mkdir -p "$cgroup"
    # The pod is the shim's child, as a container is, and in a cgroup of the kubelet's.
    # shellcheck disable=SC2016 # the shim expands it
    "$shim" -c '
        (
            [ ! -e $settings/stubborn ] || trap "" TERM
            echo $BASHPID >$cgroup/cgroup.procs
            cd $rootfs && while echo line >>log; do sleep 0.2; done
        ) &
        wait' shim -namespace k8s.io -address /run/k3s/containerd/containerd.sock </dev/null >/dev/null 2>&1 &
}

run() {
    local state=$data/server/db/state count
    trap 'kill ${child-} 2>/dev/null || true; exit 0' TERM
    join
    if [ ! -e "$state" ]; then
        mkdir -p "${state%/*}"
        # The damage that must never happen on a Pi that had data: a new, empty cluster.
        date +%s >>/var/log/fake-k3s-fresh
        printf '%010d' 0 >"$state"
    fi
    mount_volumes
    start_pod
    socat TCP-LISTEN:10248,bind=127.0.0.1,fork,reuseaddr EXEC:"$self healthz" &
    child=$!
    systemd-notify --ready
    # Held open, as k3s holds its database.
    exec 4<"$state"
    while :; do
        read -r count <"$state" || true
        printf '%010d' $((10#$count + 1)) | dd of="$state" conv=notrunc,fsync status=none
        sleep 0.1 4<&-
    done
}

if [ "$verb" = healthz ]; then
    printf 'HTTP/1.0 %s\r\n\r\n' "$([ -e $settings/unready ] && echo 500 no || echo 200 ok)"
    exit
fi
config=$(flag '--config|-c' K3S_CONFIG_FILE "$@")
config=${config:-/etc/rancher/k3s/config.yaml}
data=$(flag '--data-dir|-d' K3S_DATA_DIR "$@")
data=${data:-$default}
data=${data%/}
node=$(flag --node-name K3S_NODE_NAME "$@")
node=${node:-$HOSTNAME}
# The VM of the power tests is alone, and its pod has no volumes.
join() { :; }
mount_volumes() { :; }
kubectl() { false; }
# shellcheck source=/dev/null
[ ! -e /usr/local/lib/fake-k3s/cluster.sh ] || . /usr/local/lib/fake-k3s/cluster.sh
unpack
case $verb in
kubectl) kubectl "${@:2}" ;;
server | agent)
    [ "${0##*/}" = "$verb" ] || PATH=$bin:$PATH exec -a $self "$bin/k3s" "$@"
    run
    ;;
esac
