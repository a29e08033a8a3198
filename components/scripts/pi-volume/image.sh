# shellcheck shell=bash
# The image: a file whose every block is the drive's promise, with an ext4 in it.

# Makes the image unless it is there. Under another name until it is whole, so a cut leaves no half one to be taken for real.
make_image() {
    local file id
    file=$(image)
    rm -f "$file.partial"
    [[ ! -e $file ]] || return 0
    mkdir -p "$(dirname "$file")"
    # k3s's data holds the cluster's keys, and the drive may be shared.
    chmod 700 "$(dirname "$file")"
    # Copy on write would take new blocks for each write and so break the reservation.
    [[ $(findmnt -rn -o FSTYPE --mountpoint "$(drive)" | tail -n 1) != btrfs ]] || chattr +C "$(dirname "$file")"
    id=$(cat /proc/sys/kernel/random/uuid)
    timed "made the image's file system" format "$file.partial" "$id"
    keep "$id" empty
    mv "$file.partial" "$file"
    sync -f "$file"
    say "made $file, $(mib "$SIZE")"
}

# Arguments: the new file, and the id of the ext4 in it.
format() {
    if ! { touch "$1" && reserve "$1" "$SIZE"; }; then
        rm -f "$1"
        fail "the drive did not give $(mib "$SIZE") for $(image); what it gave was given back"
    fi
    # 256: older mkfs gives small images inodes without nanoseconds, by which copies are compared.
    # No discard: it would hand the reserved blocks back. Lazy: or mkfs writes for minutes; the mount never does it later either.
    mkfs.ext4 -q -F -m 0 -U "$2" -L k3s-data -I 256 -i 8192 \
        -E nodiscard,lazy_itable_init=1,lazy_journal_init=1 "$1"
    sync "$1"
}

keep() {
    write_lines "$KEPT" "$1 $2"
}

# Gives a file every block up to a size.
reserve() {
    if [[ $RESERVE == zeros ]]; then
        # fallocate --posix writes where the file system cannot reserve.
        fallocate --posix --length "$2" "$1"
    else
        fallocate --length "$2" "$1"
    fi
}

# Takes back the blocks that a trim or a lazy initialisation gave away.
refill() {
    local file size before
    file=$(image)
    size=$(size_of "$file")
    before=$(held "$file")
    # Where only zeros reserve, no block is ever given away.
    fallocate --length "$size" "$file" 2>/dev/null || ((before >= size)) ||
        fail "$file lost $(mib $((size - before))) of its blocks, and the drive has no room to take them back: free some on $(drive)"
    ((before >= size)) || say "took back $(mib $((size - before))) that the image had lost"
}

# The kernel then refuses to hand the image's blocks back, whoever asks. Older kernels keep the setting read-only.
forbid_discard() {
    local limit
    limit=/sys/block/$(basename "$1")/queue/discard_max_bytes
    { echo 0 >"$limit"; } 2>/dev/null ||
        say "this kernel keeps $limit: an fstrim of $TARGET by hand gives blocks away until the next boot"
}

mount_staging() {
    mkdir -p "$STAGING"
    # What an earlier run could not unmount may be another image by now, or one that was deleted: a copy in it would be lost, and
    # k3s would begin with an empty folder on the right one.
    unmount_staging
    mount -o loop,noatime,noinit_itable "$(image)" "$STAGING" ||
        fail "$(image) cannot be mounted (its words are above): look at dmesg; if it speaks of errors in the file system, check it with e2fsck -f"
    forbid_discard "$(findmnt -rn -o SOURCE --mountpoint "$STAGING" | tail -n 1)"
}

unmount_staging() {
    while mountpoint -q "$STAGING"; do
        timeout -k 5 "$UMOUNT_SECONDS" umount -c "$STAGING" || ! mountpoint -q "$STAGING" || cannot_unmount "$STAGING"
    done
}

# Grows the mounted image, or ends a growth that was cut.
grow() {
    local file old loop
    file=$(image)
    old=$(size_of "$file")
    if ((SIZE > old)); then
        # Beyond the end first: a drive without the room then changes nothing.
        if ! fallocate --keep-size --length "$SIZE" "$file" 2>/dev/null && ! [[ $RESERVE == zeros ]]; then
            truncate --size "$old" "$file"
            fail "the drive has no room to grow $file to $(mib "$SIZE"); it stays $(mib "$old")"
        fi
        reserve "$file" "$SIZE"
        sync -f "$file"
    fi
    loop=$(mounted_source)
    (($(filesystem_bytes "$loop") + MIB <= $(size_of "$file"))) || return 0
    losetup --set-capacity "$loop"
    if resize2fs "$loop" >/dev/null 2>&1; then
        say "grew to $(mib "$(size_of "$file")") while k3s ran"
    else
        # Without CAP_SYS_RESOURCE the kernel resizes nothing that is mounted.
        stop_k3s
        unmount_target
        check_image "$file"
        resize2fs "$file" >/dev/null 2>&1 || fail "resize2fs could not grow $file"
        mount_target
        start_k3s
        say "grew to $(mib "$(size_of "$file")") with k3s stopped, for the kernel grows no mounted file system here"
    fi
}

# With the image unmounted. Never on one that the kernel still has, in a container's own view of the mounts perhaps: a check of a
# live file system destroys it.
check_image() {
    local code=0
    [[ -z $(losetup -nO NAME -j "$1") ]] ||
        fail "$1 is still in use, by $(who_still_mounts "$(losetup -nO NAME -j "$1" | head -n 1)"): end it, and run the same command again"
    timeout -k 5 "$CHECK_SECONDS" e2fsck -fp "$1" >/dev/null || code=$?
    case $code in
    0 | 1) ;;
    124 | 137) fail "the check of $1 did not end within $CHECK_SECONDS s: run it by hand, with time: sudo e2fsck -fp $1" ;;
    *) fail "$1 needs a repair that asks questions: e2fsck -f $1" ;;
    esac
}

# Processes whose own view of the mounts still has a device. Argument: the device.
who_still_mounts() {
    local file all=""
    for file in $(grep -ls " $1 " /proc/[0-9]*/mountinfo | head -n 3); do
        file=${file#/proc/}
        all+="${all:+, }$(cat "/proc/${file%/mountinfo}/comm" 2>/dev/null) (process ${file%/mountinfo})"
    done
    say "${all:-the loop device $1}"
}
