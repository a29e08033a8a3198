# shellcheck shell=bash
# Runs apply and restore in a named transient unit, which a lost connection neither kills nor doubles. Whoever comes while one
# runs sees its log from the beginning, and its exit code.

# Arguments: those of main.
run_job() {
    local mine="$*" id command
    while :; do
        tell_how_it_ends
        mkdir -p "$RUN"
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
        trap - ERR EXIT
        follow_job "$id"
        # Another verb, or the same with other arguments, was under way: now it is our turn.
        [[ $command != "$mine" ]] || exit "$(result_of "$id")"
    done
}

# Id (1), command (2) or unit (3) of the latest run. Each run has files of its own: whoever followed one still reads its result when
# the next one has begun.
current() {
    sed -n "$1p" "$RUN/current" 2>/dev/null
}

start_job() {
    local id script reason unit=$JOB
    reason=$(against_too_little /run /run "$RUN_FREE")
    [[ -z $reason ]] || refuse "$reason"
    id=$(cat /proc/sys/kernel/random/uuid)
    find "$RUN" -maxdepth 1 \( -name '*.log' -o -name '*.result' \) -mmin +60 -delete
    script=$(declare -f)
    write_lines "$RUN/job.sh" "$script"$'\nmain "$@" </dev/null'
    { printf '%-4s\n' "" >"$RUN/$id.result" && head -c 65536 /dev/zero >"$RESERVE_FILE" && : >"$RUN/$id.log"; } ||
        refuse "/run has no room for the log of a run: free some first ($(advice_on_room /run))"
    # An earlier run's unit stays while a process of it waits for a device that does not answer.
    [[ $(state_of "$JOB" LoadState) != loaded ]] || unit=${JOB%.service}-${id%%-*}.service
    write_lines "$RUN/current" "$id"$'\n'"$*"$'\n'"$unit"
    systemd-run --quiet --collect --unit="$unit" --description="k3s's data: $1" \
        --property=StandardOutput="append:$RUN/$id.log" --property=StandardError="append:$RUN/$id.log" \
        --property=ExecStopPost="/bin/bash $RUN/job.sh after $id" --property=TimeoutStopSec=120 \
        /bin/bash "$RUN/job.sh" job "$@" ||
        refuse "systemd did not begin the run; its words are above. When /run is full: $(advice_on_room /run)"
}

job_active() {
    local unit
    unit=$(current 3) || true
    [[ $(state_of "${unit:-$JOB}" ActiveState) =~ ^(active|activating|deactivating|reloading)$ ]]
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

# How a run ended; a run that was killed, or that could not write it, ended by what fstab says.
result_of() {
    local code
    code=$(tr -d ' \n' <"$RUN/$1.result" 2>/dev/null) || code=""
    if [[ $code =~ ^[0-9]+$ ]]; then
        say "$code"
    else
        code_of_killed
    fi
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
    tell_how_it_ends
    "$VERB"
    say "done"
}

tell_how_it_ends() {
    set -E
    trap 'failed_command=$BASH_COMMAND' ERR
    trap 'ended $?' EXIT
}

# Turns the code of a command that nobody expected to fail into one of ours.
ended() {
    case $1 in
    "$DONE" | "$REFUSED" | "$ROLLED_BACK" | "$UNFINISHED") ;;
    *) fail "\`${failed_command:-a command}\` ended with $1; its own words are above" ;;
    esac
}

# systemd runs this however the job ended, killed included: the Pi must not be left without k3s, nor with our mounts. k3s comes
# first, and nothing that fails may keep the next line from running: the card or /run may be full.
# Argument: the run's id.
after_job() {
    local folder
    set +e
    rm -f "$RESERVE_FILE"
    for folder in "$STAGING" "$CARD"; do
        mountpoint -q "$folder" || continue
        # Not awaited for longer: no signal ends an umount whose drive does not answer, and systemd ends this after TimeoutStopSec.
        umount -c "$folder" &
        wait_for_end $((SECONDS + UMOUNT_SECONDS / 3)) "$!"
        ! mountpoint -q "$folder" || say "$folder is still mounted"
    done
    [[ ! -e $STOPPED ]] || bring_k3s_back
    rm -f "$RUN/from" "$RUN/to"
    if [[ ${EXIT_CODE-} == exited ]]; then
        record_result "$1" "$EXIT_STATUS"
    else
        say "the run was ended by ${EXIT_STATUS-a signal}"
        record_result "$1" "$(code_of_killed)"
    fi
}

# In place: a full /run has room for what it holds already.
record_result() {
    local file
    exec {file}<>"$RUN/$1.result"
    printf '%-4s\n' "$2" >&"$file"
    exec {file}>&-
}

# On whichever copy fstab calls the truth, and never on the bare card of a Pi that is switched.
bring_k3s_back() {
    local name job error
    name=$(cat "$STOPPED")
    if ! switched && [[ -n $(mounted_source) ]]; then
        (unmount_target)
        if [[ -n $(mounted_source) ]]; then
            say "k3s stays down: the image is still mounted on $TARGET, and the card is the truth. Run the same command again."
            return
        fi
    fi
    # Killed between a change of fstab and its reload, systemd would start k3s on the wrong copy.
    error=$(reload_error)
    if [[ -n $error ]] && outdated; then
        say "k3s stays down: systemd does not know what fstab mounts now ($error). Run the same command again."
        return
    fi
    rm -f "$STOPPED"
    if [[ -n $name ]]; then
        # A stop that did not end in time still is under way, and irreversible (stop_k3s): systemd would refuse the start.
        job=$(state_of "$name" Job)
        [[ -z $job || $job == 0 ]] || systemctl cancel "$job"
        # The guards bring the image up first, where it is the truth. Not awaited: k3s may need minutes.
        if systemctl start --no-block "$name"; then
            say "k3s is started again"
        else
            say "systemd does not start $name; its words are above"
        fi
    fi
}
