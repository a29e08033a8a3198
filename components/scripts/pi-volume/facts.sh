# shellcheck shell=bash
# Facts of this Pi. Nothing here changes anything, but for the bind mount of show_card.

# The drive that fstab names, or else the one that was asked for.
drive() {
    local source
    source=$(our_line | awk 'NR == 1 { print $1 }')
    if [[ -n $source ]]; then
        from_fstab "${source%"/$IMAGE_NAME"}"
    else
        printf '%s\n' "$DRIVE"
    fi
}

image() {
    printf '%s/%s\n' "$(drive)" "$IMAGE_NAME"
}

# Major and minor number of the file system a path lies on, as losetup writes them.
device_of() {
    local number
    number=$(stat -c %d "$1")
    printf '%d:%d\n' $(((number >> 8) & 0xfff)) $(((number & 0xff) | ((number >> 12) & 0xfff00)))
}

# The ext4 UUID of an image is its id; nothing when the file holds no ext4.
image_id() {
    [[ $(blkid -p -s TYPE -o value "$1" 2>/dev/null) != ext4 ]] || blkid -p -s UUID -o value "$1"
}

# What the card keeps: the id of its image, and what that image is to it:
#   empty, copy   made from this card, which is the truth: may be written over
#   adopted       the truth; what lies on the card was never copied to it
#   live          the truth
kept_id() {
    [[ ! -e $KEPT ]] || cut -d' ' -f1 "$KEPT"
}
kept_role() {
    [[ ! -e $KEPT ]] || cut -d' ' -f2 "$KEPT"
}

size_of() {
    stat -c %s "$1"
}

# Bytes of the drive that a file really holds; 0 when there is no file.
held() {
    { stat -c '%b %B' "$1" 2>/dev/null || say 0 0; } | awk '{ printf "%.0f\n", $1 * $2 }'
}

# Bytes of the ext4 inside an image, or on a loop device.
filesystem_bytes() {
    dumpe2fs -h "$1" 2>/dev/null |
        awk -F: '/^Block count/ { n = $2 } /^Block size/ { s = $2 } END { printf "%.0f\n", n * s }'
}

free_bytes() {
    stat -f -c '%a %S' "$1" | awk '{ printf "%.0f\n", $1 * $2 }'
}

used_bytes() {
    stat -f -c '%b %f %S' "$1" | awk '{ printf "%.0f\n", ($1 - $2) * $3 }'
}

# Of all bytes, or of all inodes, of a mounted file system.
used_percent() {
    { stat -f -c "$2" "$1" 2>/dev/null || say 0 0; } | awk '{ printf "%.0f\n", $1 ? 100 * ($1 - $2) / $1 : 0 }'
}

folder_bytes() {
    local bytes=0
    [[ ! -d $1 ]] || bytes=$(without_mounts "$1" du -sB1 . 2>/dev/null | cut -f1) || true
    printf '%s\n' "${bytes:-0}"
}

# Runs a command in a folder, and shows it none of what is mounted below: a volume that does not answer would hold it up for ever.
without_mounts() {
    # shellcheck disable=SC2016 # the other bash expands it
    unshare --mount bash -c 'mount --bind "$1" "$1" && cd "$1" && exec "${@:2}"' - "$@"
}

# The uppermost mount on the target; nothing when there is none.
mounted_source() {
    { findmnt -rn -o SOURCE --mountpoint "$TARGET" || true; } | tail -n 1
}

# What is on the target: none; image; dead (the drive went away below it); foreign.
mounted() {
    local source file
    source=$(mounted_source)
    file=$(image)
    case $source in
    "") say none ;;
    /dev/loop*)
        # By inode: after a drive was away its path leads to another device, though it looks the same.
        if [[ -e $file && $(losetup -nO BACK-INO "$source" | tr -d ' ') == $(stat -c %i "$file") &&
            $(losetup -nO BACK-MAJ:MIN "$source" | tr -d ' ') == $(device_of "$file") ]] && readable "$source"; then
            say image
        elif losetup -nO BACK-FILE "$source" | grep -q "/$IMAGE_NAME"; then
            say dead
        else
            say foreign
        fi
        ;;
    *) say foreign ;;
    esac
}

# Past the page cache, down to the drive; and not after an error made ext4 read-only.
readable() {
    timeout 20 dd if="$1" of=/dev/null bs=4096 count=1 iflag=direct status=none 2>/dev/null &&
        ! read_only "$TARGET"
}

# Whether what is mounted as the drive still leads to one.
drive_answers() {
    timeout 20 dd if="$(findmnt -rnv -o SOURCE --mountpoint "$(drive)" | tail -n 1)" of=/dev/null bs=4096 count=1 iflag=direct status=none 2>/dev/null
}

read_only() {
    findmnt -rn -o OPTIONS --mountpoint "$1" | tail -n 1 | grep -Eq '(^|,)ro(,|$)'
}

# The card's own folder at the target. While something is mounted there it shows through a bind mount only.
bare_folder() {
    if [[ -n $(mounted_source) ]]; then
        say "$CARD/$(basename "$TARGET")"
    else
        say "$TARGET"
    fi
}

# Makes the folder below a mount point (the target's unless told) visible until hide_card. Private: or what is mounted on the target meanwhile would cover it here too.
show_card() {
    mkdir -p "$CARD"
    mount --make-private --bind "$(dirname "${1:-$TARGET}")" "$CARD"
}

hide_card() {
    ! mountpoint -q "$CARD" || umount "$CARD"
    [[ ! -d $CARD ]] || rmdir "$CARD"
}

# Whether the bare folder is empty and cannot be written to.
sealed() {
    local folder
    folder=$(bare_folder)
    [[ -d $folder && -z $(ls -A "$folder") ]] && immutable "$folder"
}

immutable() {
    lsattr -d "$1" 2>/dev/null | cut -d' ' -f1 | grep -q i
}
