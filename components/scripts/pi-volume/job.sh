# shellcheck shell=bash
# Runs apply and restore in a named transient unit, which a lost connection neither kills nor doubles. Whoever comes while one
# runs sees its log from the beginning, and its exit code.

# Arguments: those of main.
run_job() {
    local mine="$*" id command
    mkdir -p "$RUN"
    while :; do
        exec 9>"$RUN/start.lock"
        flock 9
        if job_active; then
            say "(attached to the run in progress: $(current 2))"
        else
            start_job "$@"
        fi
        id=$(current 1)
        command=$(current 2)
        exec 9>&-
        follow_job "$id"
        # Another verb, or the same with other arguments, was under way: now it is our turn.
        [[ $command != "$mine" ]] || exit "$(cat "$RUN/$id.result" 2>/dev/null || code_of_killed)"
    done
}

# Id (1) or command (2) of the latest run. Each run has files of its own: whoever followed one still reads its result when
# the next one has begun.
current() {
    sed -n "$1p" "$RUN/current"
}

start_job() {
    local id
    id=$(cat /proc/sys/kernel/random/uuid)
    find "$RUN" -maxdepth 1 \( -name '*.log' -o -name '*.result' \) -mmin +60 -delete
    { declare -f && say "main \"\$@\" </dev/null"; } >"$RUN/job.sh"
    : >"$RUN/$id.log"
    printf '%s\n' "$id" "$*" >"$RUN/current"
    systemd-run --quiet --collect --unit="$JOB" --description="k3s's data: $1" \
        --property=StandardOutput="append:$RUN/$id.log" --property=StandardError="append:$RUN/$id.log" \
        --property=ExecStopPost="/bin/bash $RUN/job.sh after $id" --property=TimeoutStopSec=120 \
        /bin/bash "$RUN/job.sh" job "$@"
}

job_active() {
    [[ $(state_of "$JOB" ActiveState) =~ ^(active|activating|deactivating|reloading)$ ]]
}

# Lines of bounded length: the provider hangs for ever on one over 64 KiB.
follow_job() {
    exec 8<"$RUN/$1.log"
    {
        while job_active; do
            cat <&8
            sleep 0.2
        done
        cat <&8
    } | sed -u 's/\r/\n/g; s/^\(.\{2000\}\).*/\1 .../'
    exec 8<&-
}

code_of_killed() {
    if switched; then
        say "$UNFINISHED"
    else
        say "$ROLLED_BACK"
    fi
}

# The unit's main process. The lock is for those who run it without the unit.
do_job() {
    exec 7>"$RUN/lock"
    flock -n 7 || refuse "another run holds $RUN/lock"
    set -E
    trap 'failed_command=$BASH_COMMAND' ERR
    trap 'ended $?' EXIT
    "$VERB"
    say "done"
}

# Turns the code of a command that nobody expected to fail into one of ours.
ended() {
    case $1 in
    "$DONE" | "$REFUSED" | "$ROLLED_BACK" | "$UNFINISHED") ;;
    *) fail "\`${failed_command:-a command}\` ended with $1" ;;
    esac
}

# systemd runs this however the job ended, killed included: the Pi must not be left without k3s, nor with our mounts.
# Argument: the run's id.
after_job() {
    local folder
    if [[ ${EXIT_CODE-} == exited ]]; then
        say "$EXIT_STATUS" >"$RUN/$1.result"
    else
        say "the run was ended by ${EXIT_STATUS-a signal}"
        code_of_killed >"$RUN/$1.result"
    fi
    for folder in "$STAGING" "$CARD"; do
        ! mountpoint -q "$folder" || umount "$folder" || say "$folder is still mounted"
    done
    if [[ -e $STOPPED ]]; then
        if ! switched && [[ -n $(mounted_source) ]]; then
            unmount_target
        fi
        rm -f "$STOPPED"
        # Killed between the commit and its reload, systemd would not know of the mount, and start k3s on the bare card.
        systemctl daemon-reload
        # The guards bring the image up first, where it is the truth. Not awaited: k3s may need minutes.
        [[ -z $(service) ]] || systemctl start --no-block "$(service)"
        say "k3s is started again"
    fi
}
