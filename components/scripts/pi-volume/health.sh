# shellcheck shell=bash
# Whether k3s is well on this node, and why it is not.

# With the kubelet's own credentials, which servers and agents both have.
kubectl() {
    timeout 10 "$(k3s_program)" kubectl --kubeconfig="$TARGET/k3s/agent/kubelet.kubeconfig" "$@" 2>/dev/null
}

# This node's name, as its kubelet was told; nothing while nobody answers.
own_name() {
    kubectl auth whoami -o 'jsonpath={.status.userInfo.username}' | sed -n 's/^system:node://p' || true
}

# k3s's own last words, and no older ones; and what to do where the reason is known.
why_not_well() {
    local words
    words=$(journalctl -q -n 12 -o cat -u "$1" 2>/dev/null) || words=""
    if [[ $words == *"Node password rejected"* ]]; then
        say "its server knows another password of this node. On a server: sudo k3s kubectl -n kube-system delete secret ${NODE:-NAME}.node-password.k3s. It then joins by itself"
    else
        say "its last words: $(tail -n 3 <<<"$words" | cut -c1-300 | tr '\n' ' ') (journalctl -u $1)"
    fi
}

# Waits until k3s is well, and still the same process some seconds later. Once in a run, unless k3s was started since.
healthy() {
    local pid until=$((SECONDS + HEALTH_SECONDS))
    [[ -z ${well-} ]] || return 0
    if [[ -z $SERVICE ]]; then
        say "k3s is not installed yet: it will start on the image when it is"
        return
    elif off_on_purpose; then
        say "$SERVICE is stopped and disabled, and is left so"
        return
    fi
    while ((SECONDS < until)); do
        pid=$(state_of "$SERVICE" MainPID)
        if answers; then
            sleep "$SETTLE_SECONDS"
            if [[ $(state_of "$SERVICE" MainPID) == "$pid" ]] && answers; then
                say "$SERVICE is healthy"
                well=yes
                return
            fi
        fi
        sleep 1
    done
    fail "$SERVICE was not healthy within $HEALTH_SECONDS s: $(why_not_ready)"
}

# Prints a sentence when k3s is not well, after as long as it may need to start.
against_unwell() {
    local until=$((SECONDS + HEALTH_SECONDS))
    [[ -n $SERVICE ]] || return 0
    until answers; do
        if ((SECONDS >= until)) || [[ -n $(another_name) ]] || rejected; then
            ! rejected || ! adopting || return 0
            say "$SERVICE is not well, and would not be elsewhere: make it well first. $(why_not_ready)$(or_stopped)"
            return
        fi
        sleep 1
    done
}

# An image that is to be adopted may be what k3s is missing.
or_stopped() {
    ! adopting || printf '. If the image is to bring it back: sudo systemctl stop %s, and run this again' "$SERVICE"
}

why_not_ready() {
    if [[ -n $(another_name) ]]; then
        say "this Pi's node is called $(another_name), and not $NODE: write name: $(another_name) (--node)"
    elif [[ $(state_of "$SERVICE" ActiveState) == active ]] && kubelet_answers; then
        say "node ${NODE:-of this Pi} is not Ready: kubectl describe node ${NODE-}; journalctl -u $SERVICE"
    else
        why_not_well "$SERVICE"
    fi
}

# This node's name, when it is not the one that was given.
another_name() {
    local name
    [[ -n $NODE ]] || return 0
    name=$(own_name)
    [[ -z $name || $name == "$NODE" ]] || say "$name"
}

# Whether the server rejects this Pi now: no time helps then.
rejected() {
    [[ $(state_of "$SERVICE" ActiveState) == activating &&
        $(journalctl -q -n 5 -o cat -u "$SERVICE" 2>/dev/null) == *"Node password rejected"* ]]
}

answers() {
    [[ $(state_of "$SERVICE" ActiveState) == active && $(state_of "$SERVICE" MainPID) != 0 ]] && kubelet_answers && node_ready
}

# A kubelet that answers is not yet a node that the API server knows to be Ready.
node_ready() {
    local ready
    [[ -n $NODE ]] || return 0
    ready=$(kubectl get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') && [[ $ready == True ]]
}

# The kubelet's own healthz, which servers and agents both have on their loopback.
kubelet_answers() {
    local answer
    answer=$(timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/10248 && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && cat <&3' 2>/dev/null) &&
        [[ $answer == *" 200 "* ]]
}
