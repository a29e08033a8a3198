# shellcheck shell=bash
# Which systemd service is k3s. People call it k3s, k3s-agent, k3s-node, k3s-ANYTHING or k3s@ANYTHING: what runs decides, and
# then what the unit files start.

# Sets SERVICE, without .service, and nothing when k3s is not installed; and DOUBT, a sentence when that cannot be known.
find_service() {
    local running installed
    SERVICE="" DOUBT=""
    mapfile -t running < <(running_services)
    if [[ ${running[*]} =~ process:([0-9]+) ]]; then
        DOUBT="k3s runs without a systemd service (process ${BASH_REMATCH[1]}): nothing could stop it and start it again. Run it as a service, or leave this Pi out"
        return
    fi
    mapfile -t installed < <({ printf '%s\n' "${running[@]}" && installed_services; } | sed '/^$/d' | sort -u)
    SERVICE=${running[0]:-${installed[0]:-$(masked_service)}}
    if ((${#installed[@]} > 1)); then
        DOUBT=$(IFS=, && say "${installed[*]}")
        DOUBT="${DOUBT//,/ and } are both installed: uninstall the one that this Pi does not need"
    fi
}

# Names of services whose process is k3s, or `process:ID` where there is no such service.
running_services() {
    local pid name
    for pid in $(k3s_processes); do
        name=$(unit_of "$pid")
        # It may have ended meanwhile, as what k3s starts does before it becomes another program.
        [[ -n $name ]] || is_k3s "$pid" || continue
        if [[ -n $name && $(systemctl show -p LoadState --value "$name") == loaded ]] && runs_as "$name" "$pid"; then
            say "${name%.service}"
        elif is_k3s "$pid"; then
            say "process:$pid"
        fi
    done | sort -u
}

# Whether a service is there to run a process: its main process, or below it. What cron, a login or a boot script started beside
# its own work neither ends nor comes back with that service. Arguments: the service, and the process.
runs_as() {
    local leader pid=$2
    case $1 in
    user@*.service | cron.service | crond.service | cronie.service | anacron.service | atd.service | ssh.service | sshd.service | ssh@*) return 1 ;;
    esac
    leader=$(state_of "$1" MainPID)
    while ((${pid:-0} > 1)); do
        [[ $pid != "$leader" ]] || return 0
        pid=$(ps -o ppid= -p "$pid" | tr -d ' ') || return 1
    done
    return 1
}

# Processes of `k3s server` and `k3s agent`. Those in a container (k3d, vcluster) have a PID namespace of their own.
k3s_processes() {
    local folder
    for folder in /proc/[0-9]*; do
        ! is_k3s "${folder#/proc/}" || say "${folder#/proc/}"
    done
}

is_k3s() {
    local words
    { mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null || return 1
    # k3s overwrites its arguments, so they may be one word.
    [[ "${words[*]} " =~ $K3S_COMMAND && $(readlink "/proc/$1/ns/pid") == "$(readlink /proc/self/ns/pid)" ]]
}

# The innermost service that a process is in.
unit_of() {
    sed -nE 's/^(0:|[0-9]+:name=systemd):(.*)$/\2/p' "/proc/$1/cgroup" 2>/dev/null | grep -Eo '[^/]+\.service' | tail -n 1 || true
}

# Names of services that start k3s when they are started, and of those that this script guards already.
installed_services() {
    local file name
    for name in $(unit_files) $(guarded_before); do
        file=$(state_of "$name" FragmentPath)
        # k3s-uninstall.sh deletes the file after systemd looked for it.
        [[ -e $file && $file != /dev/null ]] || continue
        # By its name, by our guard, or by what it starts.
        if [[ " k3s k3s-agent $(guarded_before)" == *" $name "* ]] || command_of "$name" | sed 's/$/ /' | grep -Eq "$K3S_WRAPPED"; then
            say "$name"
        fi
    done | sort -u
}

# The service that somebody switched off with `systemctl mask`; its file is a link to nothing then.
masked_service() {
    local name
    for name in $(guarded_before); do
        if [[ $(state_of "$name" LoadState) == masked ]]; then
            say "$name"
            return
        fi
    done
}

# Names of services whose files speak of k3s; a template's instances in its stead.
unit_files() {
    local folder file name
    for folder in "$UNITS" /run/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
        # shellcheck disable=SC2013 # no unit's name has a space
        for file in $(grep -ls k3s "$folder"/*.service); do
            name=$(basename "$file" .service)
            if [[ $name == *@ ]]; then
                find "$UNITS" /run/systemd/system -path "*.wants/$name*.service" -printf '%f\n' 2>/dev/null | sed 's/\.service$//'
                systemctl list-units --all --plain --no-legend "$name*.service" 2>/dev/null | awk '{ sub(/\.service$/, "", $1); print $1 }'
            else
                say "$name"
            fi
        done
    done | sort -u
}

# Names of the services that have our drop-in.
guarded_before() {
    find "$UNITS" -path "*.service.d/10-pi-volume.conf" 2>/dev/null | sed -E 's#.*/([^/]+)\.service\.d/[^/]*$#\1#' | sort -u | tr '\n' ' '
}

# The command lines that a service's ExecStart= runs, each word after a space; whatever way the unit breaks its lines.
command_of() {
    systemctl show -p ExecStart --value "$1.service" 2>/dev/null | sed -nE 's/.*argv\[\]=(.*) ; ignore_errors=.*/\1/p'
}

# Names of all services that must not start on the bare card: k3s's own, and the usual two, which may be installed later.
guarded_services() {
    # shellcheck disable=SC2046 # a list of names
    printf '%s\n' k3s k3s-agent "$SERVICE" $(guarded_before) | sed '/^$/d' | sort -u
}

state_of() {
    [[ -z $1 ]] || systemctl show -p "$2" --value "$1"
}

# Whether somebody stopped k3s and switched it off: then it is left so.
off_on_purpose() {
    [[ -n $SERVICE && $(state_of "$SERVICE" ActiveState) == inactive ]] && switched_off
}

switched_off() {
    [[ $(systemctl is-enabled "$SERVICE" 2>/dev/null) =~ ^(disabled|masked|masked-runtime)$ ]]
}

# The k3s program of this Pi, wherever it is.
k3s_program() {
    local path
    path=$(systemctl show -p ExecStart --value "$SERVICE" 2>/dev/null | sed -nE 's/^\{ path=([^ ]*) .*/\1/p' | head -n 1)
    if [[ $(basename "${path:-none}") == k3s* && -x $path ]]; then
        say "$path"
    else
        type -P k3s || say k3s
    fi
}
