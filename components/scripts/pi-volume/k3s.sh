# shellcheck shell=bash
# Stops k3s so that nothing writes any more, and starts it again.

# Sets STOPPED_AT to the moment from which k3s is down, until it is started.
stop_k3s() {
    local found was name=$SERVICE
    found=$(foreign_mounts)
    [[ -z $found ]] || fail "${found//$'\n'/, } is mounted below k3s's data and is not k3s's: unmount it, or mount it outside $TARGET"
    # Looked at before the pods end, and again after it.
    found=$(foreign_holders)
    [[ -z $found ]] || fail "$found: end it, then run the same command again"
    if [[ -n $SERVICE && ! -e $STOPPED ]]; then
        hold_k3s
        wait_for_deaf_pods
    fi
    was=$(state_of "$SERVICE" ActiveState)
    STOPPED_AT=${STOPPED_AT:-$EPOCHREALTIME}
    # What somebody stopped and switched off is not started again.
    ! off_on_purpose || name=""
    # First, so that whatever ends this run makes k3s start again (after_job).
    [[ -e $STOPPED ]] || write_lines "$STOPPED" "$name"
    if [[ -n $SERVICE ]]; then
        # Irreversibly: or somebody's start takes the stop's place while it waits.
        timeout "$STOP_SECONDS" systemctl stop --job-mode=replace-irreversibly "$SERVICE" || fail "$SERVICE did not stop within $STOP_SECONDS s: journalctl -u $SERVICE"
    fi
    stop_shims
    unmount_k3s
    nothing_holds_target
    [[ $was != active ]] || say "k3s stopped ($(seconds_since "$STOPPED_AT" 2) s)"
}

# Nobody starts k3s while it is stopped: no watchdog, no cron job, no Ansible. The condition is looked at when it is started, so
# that deleting $STOPPED is enough to let it.
hold_k3s() {
    write_lines "/run/systemd/system/$SERVICE.service.d/10-pi-volume-hold.conf" "[Unit]
ConditionPathExists=!$STOPPED"
    [[ $changed == no ]] || systemctl daemon-reload
}

# Right before a commit: whether k3s runs again all the same, started by hand or under another name.
still_stopped() {
    local pid unit found=""
    for pid in $(k3s_processes); do
        unit=$(unit_of "$pid")
        found+="${found:+, }process $pid${unit:+ of $unit}"
    done
    [[ -z $found ]] || fail "somebody started k3s while it was stopped ($found): end what starts it, and run the same command again"
    found=$(shims | paste -sd' ')
    [[ -z $found ]] || fail "somebody started pods while k3s was stopped (process $found): end what starts them, and run the same command again"
    nothing_holds_target
}

nothing_holds_target() {
    local found name
    found=$(holders "$TARGET" && for name in $(bound); do holders "$(place_of "$name")"; done)
    [[ -z $found ]] || fail "$found: end it, then run the same command again"
}

# One line: who has something open at or below a path.
holders() {
    local pid name open all=""
    for pid in $(holding_processes "$1" | head -n 5); do
        # It may have ended meanwhile.
        name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
        open=$(find "/proc/$pid"/{cwd,root,exe,fd} -maxdepth 1 \( -lname "$1" -o -lname "$1/*" \) -printf '%l\n' 2>/dev/null | head -n 1) || true
        all+="${all:+, }$name (process $pid) has ${open:-a file of it} open"
    done
    printf '%s' "$all"
}

# The same at or below the target and what is bound, but for k3s and its pods.
foreign_holders() {
    local folder pid name own found all=""
    # Shims may be from a service that k3s had before.
    own=" $({ shims && pods; } | tr '\n' ' ')"
    for folder in "$TARGET" $(for name in $(bound); do place_of "$name"; done); do
        for pid in $(holding_processes "$folder"); do
            [[ $own != *" $pid "* ]] || continue
            # As it is, for a service's name may have a backslash.
            ! grep -qF "/${SERVICE:-k3s}.service" "/proc/$pid/cgroup" 2>/dev/null || continue
            name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
            all+="${all:+, }$name (process $pid) has a file below $folder open"
        done
    done
    found=$(kernel_holders "$TARGET")
    printf '%s' "$all${found:+${all:+, }$found}"
}

# What no process shows: what the kernel itself has open below a folder. It would write on into the old copy. One line.
kernel_holders() {
    local what path
    {
        # Spaces are octal numbers in both; swap is named by where it lies.
        awk '{ print "NFS-export " $1 }' /var/lib/nfs/etab 2>/dev/null || true
        { sed 1d /proc/swaps | awk '{ print "swap " $1 }'; } 2>/dev/null || true
        losetup --raw -nO NAME,BACK-FILE 2>/dev/null || true
    } | sort -u | while read -r what path; do
        [[ $path == "$1"/* && $path != "$1"/bound/* ]] || continue
        case $what in
        NFS-export) say "NFS exports $path (sudo exportfs -ua, and sudo exportfs -ra when all is done)" ;;
        swap) say "the kernel swaps to $path (sudo swapoff $path)" ;;
        *) say "$what has $path open (sudo losetup -d $what)" ;;
        esac
    done | paste -sd, | sed 's/,/, /g'
}

# Process ids, but for this script's own.
holding_processes() {
    find /proc/[0-9]*/{cwd,root,exe,fd} -maxdepth 1 \( -lname "$1" -o -lname "$1/*" \) 2>/dev/null |
        cut -d/ -f3 | sort -un | grep -vx "$$" || true
}

# Starts k3s on whichever copy fstab calls the truth, and on nothing else.
start_k3s() {
    local name
    well=""
    STOPPED_AT=""
    if switched; then
        [[ $(mounted) == image ]] || fail "$(image) is not mounted on $TARGET, so k3s stays down"
    else
        unmount_target
    fi
    name=$(cat "$STOPPED" 2>/dev/null) || name=$SERVICE
    rm -f "$STOPPED"
    [[ -z $name ]] || begin_k3s start "$name"
}

# An agent's unit is ready only when its server answers, and its installer sets no limit: so this looks, and does not wait in
# systemctl. Arguments: start or restart, and the service.
begin_k3s() {
    local until=$((SECONDS + HEALTH_SECONDS))
    well=""
    systemctl reset-failed "$2" 2>/dev/null || true
    systemctl --no-block "$1" "$2"
    sleep 0.1
    until [[ $(state_of "$2" ActiveState) == active ]]; do
        ((SECONDS < until)) || fail "$2 is not up after $HEALTH_SECONDS s, and keeps trying: $(why_not_well "$2")"
        sleep 0.2
    done
}
