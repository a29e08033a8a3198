# shellcheck shell=bash
# Copies that are equal to the last hard link, and know it.

# Arguments: source and target folder, then more options. Without nanoseconds a database page that was written in the same
# second as the last pass stays old.
copy() {
    rsync -aHAXSx --numeric-ids --delete --modify-window=-1 --exclude=/lost+found --exclude=/bound "${@:3}" "$1/" "$2/"
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
    different=$(differences "$1" "$2") || fail "$1 and $2 could not be compared"
    [[ -z $different ]] || fail "$2 still differs from $1 after the copy: ${different:0:500}"
    sync -f "$2"
}

# The first differences between two folders; with --verify=full by every byte.
differences() {
    local from
    if [[ $VERIFY == full ]]; then
        copy "$1" "$2" --dry-run --itemize-changes --checksum | sed -n 1,5p
        return
    fi
    # Another program than the one that copied, and in half the time: this is downtime.
    local times=nanoseconds
    keeps_nanoseconds "$2" || times=seconds
    listing "$1" "$times" >"$RUN/from" &
    from=$!
    listing "$2" "$times" >"$RUN/to" || return
    wait "$from" || return
    diff "$RUN/from" "$RUN/to" | sed -n '/^[<>]/p' | sed -n 1,6p | tr '\n' ' ' || true
    rm "$RUN/from" "$RUN/to"
}

# A card that was formatted with small inodes does not.
keeps_nanoseconds() {
    local probe=$1/.pi-volume-probe time
    touch -d '2001-01-01 00:00:00.5' "$probe"
    time=$(stat -c %y "$probe")
    rm "$probe"
    [[ $time == *.5* ]]
}

# One line per file: time, type, mode, owner, name, and, but for folders, size, links and target.
listing() {
    find "$1" -mindepth 1 -xdev \( -path "$1/lost+found" -o -path "$1/bound" \) -prune -o \
        \( -type d -printf '%T@ %y %m %U:%G %P\0' -o -printf '%T@ %y %m %U:%G %P %s %n %l\0' \) |
        if [[ $2 == seconds ]]; then sed -z 's/\.[0-9]*//'; else cat; fi |
        sort -z | tr '\n\0' '?\n'
}
