# shellcheck shell=bash
# Stops k3s so that nothing writes any more, and starts it again. Not by k3s-killall.sh, which takes the network and, in
# older versions, data with it.

stop_k3s() {
    local name
    name=$(service)
    # First, so that whatever ends this run makes k3s start again (after_job).
    mkdir -p "$RUN"
    touch "$STOPPED"
    if [[ -n $name ]]; then
        systemctl stop "$name"
    fi
    stop_shims
    unmount_k3s
    nothing_holds_target
}

# k3s leaves its pods running, and they write on into the old copy.
stop_shims() {
    local found pid until=$((SECONDS + TERM_SECONDS))
    mapfile -t found < <(pods)
    ((${#found[@]} == 0)) || kill -TERM "${found[@]}" 2>/dev/null || true
    for pid in "${found[@]}"; do
        while running "$pid" && ((SECONDS < until)); do
            sleep 0.1
        done
    done
    until=$((SECONDS + TERM_SECONDS))
    while mapfile -t found < <(shims && pods) && ((${#found[@]} > 0)); do
        ((SECONDS < until)) || fail "these processes of k3s's pods do not die: ${found[*]}"
        kill -KILL "${found[@]}" 2>/dev/null || true
        sleep 0.1
    done
}

# All processes of pods. By the shims, and by the kubelet's cgroups: a process whose parent died is nobody's descendant.
pods() {
    local pid
    shims | descendants
    grep -lE '/kubepods[./]' /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3 | while read -r pid; do
        ! running "$pid" || say "$pid"
    done
}

# Process ids of containerd's shims that belong to k3s, whether its own containerd started them or Debian's.
shims() {
    local file words
    for file in /proc/[0-9]*/cmdline; do
        { mapfile -d '' -t words <"$file"; } 2>/dev/null || continue
        if [[ ${words[0]-} == "$TARGET"/k3s/data/*/bin/containerd-shim* ]] ||
            [[ ${words[0]-} == *containerd-shim* && " ${words[*]} " == *" -address /run/k3s/"* ]]; then
            basename "$(dirname "$file")"
        fi
    done
}

# All processes below the ones whose ids are read.
descendants() {
    local parents child found
    mapfile -t parents
    while ((${#parents[@]} > 0)); do
        found=()
        for child in $(ps -o pid= --ppid "$(IFS=, && echo "${parents[*]}")"); do
            found+=("$child")
            say "$child"
        done
        parents=("${found[@]}")
    done
}

# A zombie is dead: only its parent has not noticed yet.
running() {
    [[ $(ps -o stat= -p "$1") == [^Z]* ]]
}

# What pods and containerd mounted, deepest first: these hold the folder even when no process does.
unmount_k3s() {
    local point
    findmnt -rn -o TARGET | sed 's/\\x20/ /g' |
        { grep -E "^(/run/k3s/|/var/lib/kubelet/pods/|$TARGET/)" || true; } | sort -r |
        while read -r point; do
            umount "$point" || fail "$point cannot be unmounted; $(holders "$point")"
        done
}

nothing_holds_target() {
    local found name
    found=$(holders "$TARGET" && for name in $(bound); do holders "$(place_of "$name")"; done)
    [[ -z $found ]] || fail "$found: end it, then run the same command again"
}

# One line: who has something open at or below a path.
holders() {
    local link pid all=""
    while read -r link; do
        pid=${link#/proc/}
        pid=${pid%%/*}
        [[ $pid == "$$" ]] || all+="${all:+, }$(cat "/proc/$pid/comm" 2>/dev/null) (process $pid) has $(readlink "$link") open"
    done < <(find /proc/[0-9]*/{cwd,root,exe,fd} -maxdepth 1 \( -lname "$1" -o -lname "$1/*" \) 2>/dev/null | head -n 5)
    printf '%s' "$all"
}

# Starts k3s on whichever copy fstab calls the truth, and on nothing else.
start_k3s() {
    local name
    well=""
    name=$(service)
    if switched; then
        [[ $(mounted) == image ]] || fail "$(image) is not mounted on $TARGET, so k3s stays down"
    else
        unmount_target
    fi
    if [[ -n $name ]]; then
        systemctl reset-failed "$name" 2>/dev/null || true
        systemctl start "$name" || fail "$name did not start: journalctl -u $name"
    fi
    rm -f "$STOPPED"
}

# Waits until k3s is well, and still the same process some seconds later. Once in a run, unless k3s was started since.
healthy() {
    local name pid until=$((SECONDS + HEALTH_SECONDS))
    [[ -z ${well-} ]] || return 0
    name=$(service)
    if [[ -z $name ]]; then
        say "k3s is not installed yet: it will start on the image when it is"
        return
    fi
    while ((SECONDS < until)); do
        pid=$(state_of "$name" MainPID)
        if answers "$name"; then
            sleep "$SETTLE_SECONDS"
            if [[ $(state_of "$name" MainPID) == "$pid" ]] && answers "$name"; then
                say "$name is healthy"
                well=yes
                return
            fi
        fi
        sleep 1
    done
    fail "$name was not healthy within $HEALTH_SECONDS s: journalctl -u $name"
}

answers() {
    [[ $(state_of "$1" ActiveState) == active && $(state_of "$1" MainPID) != 0 ]] && kubelet_answers && node_ready
}

# With the kubelet's own credentials, which servers and agents both have. A kubelet that answers is not yet a node that
# the API server knows to be Ready.
node_ready() {
    local ready
    [[ -n $NODE ]] || return 0
    ready=$(timeout 10 k3s kubectl --kubeconfig="$TARGET/k3s/agent/kubelet.kubeconfig" get node "$NODE" \
        -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) && [[ $ready == True ]]
}

# The kubelet's own healthz, which servers and agents both have on their loopback.
kubelet_answers() {
    local answer
    answer=$(timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/10248 && printf "GET /healthz HTTP/1.0\r\n\r\n" >&3 && cat <&3' 2>/dev/null) &&
        [[ $answer == *" 200 "* ]]
}
