# shellcheck shell=bash
# What the stand-in for k3s (k3s.sh) is in a cluster: how a node joins, the volumes of its pod, what the API server answers.
# /srv/cluster is what the rest of the cluster remembers, and outlives the card:
#   off                       while this file is there, no agent reaches its server
#   NAME.node-password.k3s    the hash of a node's password; NAME is a new node without it
# shellcheck disable=SC2154 # settings, uid, verb, data and node are k3s.sh's
cluster=/srv/cluster
password=/etc/rancher/node/password
joined=/run/k3s/fake-joined

# Whether the cluster knows this node by the password on its card.
known() {
    local old=$data/agent/node-password.txt hash=$cluster/$node.node-password.k3s mine
    mkdir -p ${password%/*}
    [ ! -e "$old" ] || mv "$old" $password
    [ -e $password ] || (umask 077 && cat /proc/sys/kernel/random/uuid >$password)
    mine=$(sha256sum <$password)
    [ -e "$hash" ] || echo "$mine" >"$hash"
    [ "$mine" = "$(<"$hash")" ]
}

# An agent waits, without end, for a server that answers and takes it. A server takes itself.
join() {
    if [ "$verb" = server ]; then
        known || echo "NodePasswordValidationFailed: hash does not match" >&2
        mkdir -p /etc/rancher/k3s
        (umask 077 && echo "server: https://127.0.0.1:6443" >/etc/rancher/k3s/k3s.yaml)
    else
        until reached && known; do
            if reached; then
                echo "Node password rejected, duplicate hostname or contents of '$password' may not match server node-passwd entry, try enabling a unique node name with the --with-node-id flag" >&2
            else
                echo "failed to get CA certs: Get \"https://127.0.0.1:6444/cacerts\": connection refused" >&2
            fi
            sleep 1 &
            child=$!
            wait $child
        done
    fi
    mkdir -p "$data/agent" ${joined%/*}
    echo "system:node:$node" >"$data/agent/kubelet.kubeconfig"
    echo "$$ $verb" >$joined
}

reached() {
    [ ! -e $cluster/off ]
}

# As the kubelet does at each start; they stay when it stops.
mount_volumes() {
    local pod=/var/lib/kubelet/pods/$uid
    mkdir -p "$data/storage/pvc-1" "$pod/volumes/kubernetes.io~configmap/conf"
    mount_at "$pod/volumes/kubernetes.io~projected/kube-api-access-x" -t tmpfs tmpfs
    mount_at "$pod/volumes/kubernetes.io~local-volume/pvc-1" --bind "$data/storage/pvc-1"
    mount_at "$pod/volume-subpaths/conf/h/1" --bind "$pod/volumes/kubernetes.io~configmap/conf"
}

# A kubelet is told of its own node and its own pods only.
kubectl() {
    local file user name pid role
    file=$(config="" flag --kubeconfig KUBECONFIG "$@")
    user=$(cat "$file")
    name=${user#system:node:}
    if ! { read -r pid role <$joined; } 2>/dev/null || [ ! -e "/proc/$pid" ] || { [ "$role" = agent ] && ! reached; }; then
        echo "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?" >&2
        return 1
    fi
    case " $* " in
    *" auth whoami "*) printf '%s' "$user" ;;
    *" get node $name "*) if [ -e "$settings/unready" ]; then printf False; else printf True; fi ;;
    *" get pods "*"spec.nodeName=$name "*) echo "$uid $(cat "$settings/grace" 2>/dev/null || echo 3)" ;;
    *)
        echo "Error from server (Forbidden): User \"$user\" cannot do this: $*" >&2
        return 1
        ;;
    esac
}
