# shellcheck shell=bash
# Copies that are equal to the last hard link, and know it.

# Arguments: source and target folder, then more options. Without nanoseconds a database page that was written in the same
# second as the last pass stays old.
copy() {
    rsync -aHAXSx --numeric-ids --delete --modify-window=-1 --exclude=/lost+found --exclude=/bound --exclude=/.pi-volume "${@:3}" "$1/" "$2/"
}

# While k3s runs. Files come and go then (24), and the next pass sees to them.
copy_hot() {
    local code=0
    copy "$1" "$2" || code=$?
    ((code == 0 || code == 24)) || fail "rsync from $1 to $2 ended with $code"
    sync -f "$2"
}

# After k3s stopped: the same again for what changed, by content where k3s writes in place, and then the proof.
copy_stopped() {
    local folder different
    copy "$1" "$2" || fail "rsync from $1 to $2 ended with $?"
    for folder in k3s/server/db k3s/agent/containerd/io.containerd.metadata.v1.bolt; do
        [[ ! -d $1/$folder ]] || copy "$1/$folder" "$2/$folder" --checksum || fail "rsync of $1/$folder ended with $?"
    done
    # Not in a condition, where a command that failed would not end it.
    different=$(differences "$1" "$2")
    [[ -z $different ]] || fail "$2 still differs from $1 after the copy: ${different:0:500}"
    sync -f "$2"
}

# The first differences between two folders; with --verify=full by every byte.
differences() {
    local from to
    if [[ $VERIFY == full ]]; then
        copy "$1" "$2" --dry-run --itemize-changes --checksum | sed -n 1,5p
        return
    fi
    # Another program than the one that copied, and in half the time: this is downtime.
    local times=nanoseconds kept
    kept=$(kept_time "$2")
    keeps_nanoseconds "$kept" || times=seconds
    # Through pipes: the listings of many files are larger than /run, and than a small Pi's memory. What sort has no memory for is
    # on the side that is written to, in a folder that is never copied.
    mkdir -p "$2/.pi-volume"
    rm -f "$RUN/from" "$RUN/to"
    mkfifo "$RUN/from" "$RUN/to"
    listing "$1" "$times" "$2/.pi-volume" >"$RUN/from" &
    from=$!
    listing "$2" "$times" "$2/.pi-volume" >"$RUN/to" &
    to=$!
    # To the end, or the listings would end by SIGPIPE.
    comm -3 --nocheck-order "$RUN/from" "$RUN/to" | awk 'NR <= 6 { printf "%s ", $0 }'
    wait "$from" || fail "the files below $1 could not be listed"
    wait "$to" || fail "the files below $2 could not be listed"
    rm -f "$RUN/from" "$RUN/to"
    rmdir --ignore-fail-on-non-empty "$2/.pi-volume"
}

# A time with half a second, as a folder's file system keeps it.
kept_time() {
    local probe=$1/.pi-volume-probe
    touch -d '2001-01-01 00:00:00.5' "$probe"
    stat -c %y "$probe"
    rm "$probe"
}

# A card that was formatted with small inodes does not.
keeps_nanoseconds() {
    [[ $1 == *.5* ]]
}

# One line per file: time, type, mode, owner, name, and, but for folders, size, links and target. Arguments: a folder, nanoseconds
# or seconds, and where sort may write.
listing() {
    find "$1" -mindepth 1 -xdev \( -path "$1/lost+found" -o -path "$1/bound" -o -path "$1/.pi-volume" \) -prune -o \
        \( -type d -printf '%T@ %y %m %U:%G %P\0' -o -printf '%T@ %y %m %U:%G %P %s %n %l\0' \) |
        if [[ $2 == seconds ]]; then sed -z 's/\.[0-9]*//'; else cat; fi |
        sort -z -S "$SORT_MEMORY" -T "$3" | tr '\n\0' '?\n'
}
