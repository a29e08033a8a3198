# shellcheck shell=bash
# The processes of k3s's pods: which they are, and how they end. Not by k3s-killall.sh, which takes the network and, in older
# versions, data with it.

# Some containers never end by SIGTERM (deaf_pods). Their pod gets its grace period while k3s still
# runs, and not while it is stopped. Sets GRACES, which nobody can ask for once k3s is stopped.
wait_for_deaf_pods() {
    local longest=0 deaf
    GRACES=$(grace_periods)
    mapfile -t deaf < <(deaf_pods)
    ((${#deaf[@]} > 0)) || return 0
    longest=$(longest_grace "${deaf[@]}")
    say "${#deaf[@]} containers do not listen to SIGTERM: they have $longest s to end, while k3s still runs"
    kill -TERM "${deaf[@]}" 2>/dev/null || true
    wait_for_end $((SECONDS + longest)) "${deaf[@]}"
}

# The first processes of containers that SIGTERM does not end: they ignore it, or have no handler for it and are the first of their
# PID namespace, for which the kernel has no default (pid_namespaces(7)).
deaf_pods() {
    local parents pid
    parents=$(shims | paste -sd,)
    [[ -n $parents ]] || return 0
    for pid in $(ps -o pid= --ppid "$parents"); do
        awk -v pid="$pid" '
            # The mask of signals in hexadecimal: 4 in its fourth digit from the right is SIGTERM.
            function has_term(mask) { return index("4567cdef", substr(mask, length(mask) - 3, 1)) }
            $1 == "NSpid:" { first = NF > 2 && $NF == 1 }
            $1 == "SigIgn:" { ignored = has_term($2) }
            $1 == "SigCgt:" { caught = has_term($2) }
            END { if (ignored || (first && !caught)) print pid }' "/proc/$pid/status" 2>/dev/null || true
    done
}

# The longest grace period of the pods of some processes, in seconds: Kubernetes' default where nobody knows.
longest_grace() {
    local pid uid grace longest=0
    for pid in "$@"; do
        # pod5d0c5bd2-3f0b-... with the driver cgroupfs, and kubepods-besteffort-pod5d0c5bd2_3f0b_....slice with systemd's.
        uid=$(sed -nE 's/.*pod([0-9a-f]{8}([-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12}).*/\1/p' "/proc/$pid/cgroup" 2>/dev/null |
            tail -n 1 | tr _ -) || uid=""
        grace=$(UID_OF_POD=$uid awk '$1 == ENVIRON["UID_OF_POD"] { print $2 }' <<<"${GRACES-}")
        grace=${grace:-$TERM_SECONDS}
        ((grace <= longest)) || longest=$grace
    done
    say $((longest < GRACE_SECONDS ? longest : GRACE_SECONDS))
}

# UID and grace period of each pod of this node, one line each; nothing without an answer.
grace_periods() {
    local name
    name=$(own_name)
    [[ -z $name ]] || kubectl get pods --all-namespaces --field-selector="spec.nodeName=$name" \
        -o 'jsonpath={range .items[*]}{.metadata.uid} {.spec.terminationGracePeriodSeconds}{"\n"}{end}' || true
}

# Arguments: a moment of SECONDS, and processes.
wait_for_end() {
    local until=$1 pid
    for pid in "${@:2}"; do
        while running "$pid" && ((SECONDS < until)); do
            sleep 0.1
        done
    done
}

# k3s leaves its pods running, and they write on into the old copy. Those that listen get their grace period now; the rest had
# theirs while k3s ran.
stop_shims() {
    local found deaf pid listening=() until
    mapfile -t found < <(pods)
    deaf=" $(deaf_pods | tr '\n' ' ')"
    for pid in "${found[@]}"; do
        [[ $deaf == *" $pid "* ]] || listening+=("$pid")
    done
    if ((${#listening[@]} > 0)); then
        kill -TERM "${listening[@]}" 2>/dev/null || true
        wait_for_end $((SECONDS + $(longest_grace "${listening[@]}"))) "${listening[@]}"
    fi
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
    # None may be left, and some may end meanwhile.
    { grep -lsE '/kubepods[./]' /proc/[0-9]*/cgroup || true; } | cut -d/ -f3 | while read -r pid; do
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
