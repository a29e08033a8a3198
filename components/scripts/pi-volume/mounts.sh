# shellcheck shell=bash
# Mounts below k3s's folders: those that k3s and the kubelet made, and will make again, and all others, which must not be touched.

# One line per mount at or below one of the paths: its escaped path, source, type and device. Uppermost first.
mounts_below() {
    local path fields
    findmnt -rn -o TARGET,SOURCE,FSTYPE,MAJ:MIN | while read -r -a fields; do
        for path in "$@"; do
            if [[ ${fields[0]} == "$path" || ${fields[0]} == "$path"/* ]]; then
                say "${fields[*]}"
                break
            fi
        done
    done | tac
}

# Mounts below the target that are not k3s's: a NAS, another disk, a folder bound from elsewhere. Unmounted, pods would begin
# with empty folders there; and the image cannot take them over. One line each: path and source.
foreign_mounts() {
    local path source type
    mounts_below "$TARGET" | while read -r path source type _; do
        [[ $path != "$TARGET" ]] || continue
        is_k3s_mount "$path" "$type" || printf '%b (%b)\n' "$path" "$source"
    done
    # What is bound takes the place of these folders.
    mounts_at_places_to_bind
}

# Arguments: an escaped path below the target, and the type of what is mounted there.
is_k3s_mount() {
    local path=$1
    # What fstab mounts is somebody's.
    [[ -z $(fstab_of "$(printf '%b' "$path")") ]] || return 1
    case $path in
    # The same mounts as below the kubelet's own folder, seen through the image.
    "$TARGET"/bound/*) ;;
    */kubelet/pods/* | */kubelet/plugins/* | */containerd/tmpmounts/*) ;;
    "$TARGET"/k3s/agent/containerd/*) [[ $2 == overlay ]] ;;
    *) return 1 ;;
    esac
}

# The same for the folders that are bound or will be: what is mounted there, or below, and is not the kubelet's own.
mounts_at_places_to_bind() {
    local name place path source
    # shellcheck disable=SC2046,SC2086 # lists of names
    for name in $(printf '%s\n' $BIND $(bound) | sort -u); do
        place=$(place_of "$name")
        mounts_below "$place" | while read -r path source _; do
            if [[ $path == "$place" ]]; then
                [[ -z $(marked_line "$place") ]] || continue
                ! switched || ! is_bound "$name" || continue
            elif [[ $path == "$place"/pods/* || $path == "$place"/plugins/* ]]; then
                [[ -n $(fstab_of "$(printf '%b' "$path")") ]] || continue
            fi
            printf '%b (%b)\n' "$path" "$source"
        done
    done
}

# For a first move: with steps that keep the data.
against_mounts() {
    local line source
    line=$(fstab_of "$TARGET" | head -n 1)
    if [[ $(mounted) == foreign ]]; then
        source=$(mounted_source)
        say "$source is mounted on $TARGET, and k3s's data is on it, not on the card. Unmounted, k3s would begin with an empty cluster." \
            "To bring it to the card: stop k3s ($(how_to_stop)); mount $source at another place instead, in $FSTAB too, such as /mnt/old;" \
            "sudo rsync -aHAX --numeric-ids /mnt/old/ $TARGET.new/ && sudo mv $TARGET $TARGET.old && sudo mv $TARGET.new $TARGET;" \
            "$(how_to_start), look at your pods, and run this again ($DOC)"
    elif [[ -n $line ]]; then
        say "$FSTAB mounts something else on $TARGET, which is not mounted now: if k3s's data is on it, mount it and run this again, which says how to keep it. If not, remove this line first: ${line:0:200}"
    fi
    against_foreign_mounts "which the image cannot take over"
}

# Argument: what that means for the image.
against_foreign_mounts() {
    local line
    ! switched || [[ $(mounted) != foreign ]] || say "$(mounted_source) is mounted over the image on $TARGET: unmount it"
    while read -r line; do
        [[ -z $line ]] ||
            say "$line is a mount of its own, $1. Unmounted, pods would begin with empty folders there. To keep it: stop k3s ($(how_to_stop));" \
                "mount it at a place outside $TARGET instead, in $FSTAB too; copy what is in it back into the folder, or have k3s use the new place (default-local-storage-path); $(how_to_start), look at your pods, and run this again ($DOC)"
    done <<<"$(foreign_mounts)"
}

# Unmounts what pods and containerd mounted: these hold the folder even when no process does. In several passes: mounts may lie
# on each other, and below a bound folder each one is there twice, of which one umount takes both.
unmount_k3s() {
    local pass list path
    for pass in 1 2 3; do
        list=$(k3s_mounts)
        [[ -n $list ]] || return 0
        while read -r path; do
            ! is_mounted "$path" || unmount "$(printf '%b' "$path")"
        done <<<"$list"
    done
    list=$(k3s_mounts)
    [[ -z $list ]] || say "left mounted after $pass passes, below another mount: ${list//$'\n'/, }"
}

# Escaped paths of mounts that are k3s's, deepest first: those of its data, and all below a folder that is bound or will be.
# A NAS that a pod mounts is none of them, unless its folder moves.
k3s_mounts() {
    local path source type device data
    data=$(target_device)
    mounts_below /run/k3s /var/lib/kubelet "$TARGET" | while read -r path source type device; do
        case $path in
        "$TARGET" | /var/lib/kubelet) continue ;;
        "$TARGET"/*) is_k3s_mount "$path" "$type" || continue ;;
        /var/lib/kubelet/*) binding_kubelet || [[ $device == "$data" ]] || continue ;;
        esac
        printf '%s\n' "$path"
    done
}

# The file system of k3s's data, as mounts_below has it; also when the drive is gone. Not by stat, which tells another number on btrfs.
target_device() {
    if [[ -n $(mounted_source) ]]; then
        findmnt -rn -o MAJ:MIN --mountpoint "$TARGET"
    else
        findmnt -rn -o MAJ:MIN -T "$(dirname "$TARGET")"
    fi | tail -n 1 | tr -d ' '
}

# By the kernel's list: a look at the path itself would wait for a server that is gone. Argument: an escaped path.
is_mounted() {
    # Not with grep -q: findmnt would end by SIGPIPE where the list is long.
    [[ $'\n'$(findmnt -rn -o TARGET)$'\n' == *$'\n'"$1"$'\n'* ]]
}

binding_kubelet() {
    [[ " $BIND $(bound | tr '\n' ' ') " == *" kubelet "* ]]
}

# An umount waits without end for a server that is gone. What is not k3s's data may then go lazily.
unmount() {
    local code=0 error="" device
    # Into a file, and without the lock (job.sh): one that no signal ends would hold both, after the run too.
    { timeout -k 5 "$UMOUNT_SECONDS" umount -c "$1" 7>&-; } 2>"$RUN/umount" || code=$?
    # What bash says of one that was killed tells nobody anything.
    ((code == 137)) || error=$(cat "$RUN/umount")
    # It went with another one, or lies below one.
    if ((code == 0)) || [[ $error == *"not mounted"* || $error == *"not found"* || $error == *"no mount point"* ]]; then
        return
    # The kernel took it away first, and waits for its device: no signal ends that.
    elif ! is_mounted "$(findmnt_word "$1")"; then
        say "$1 is unmounted, and what it was on does not answer"
        return
    fi
    error=${error:-no answer within $UMOUNT_SECONDS s}
    device=$(mounts_below "$(findmnt_word "$1")" | awk 'NR == 1 { print $4 }')
    [[ $device != "$(target_device)" ]] || cannot_unmount "$1" "$error"
    say "$1 did not unmount: it is detached ($error)"
    timeout -k 5 "$UMOUNT_SECONDS" umount -c -l "$1" || cannot_unmount "$1" "$error"
}

# Arguments: a mount point, and what umount said when that was not printed.
cannot_unmount() {
    local who why=${2-its own words are above, or it did not end within $UMOUNT_SECONDS s}
    who=$(holders "$1")
    fail "$1 cannot be unmounted (${why##*: })${who:+: $who}"
}

# A path as findmnt writes it.
findmnt_word() {
    local word=${1//\\/\\x5c}
    printf '%s\n' "${word// /\\x20}"
}
