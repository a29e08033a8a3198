# shellcheck shell=bash
# Why apply must not begin. Each function prints one sentence per reason, and nothing when all is well.

# All reasons at once: mending them one run at a time is tedious.
preflight() {
    local reasons
    reasons=$(reasons_against_apply)
    [[ -z $reasons ]] || refuse "${reasons//$'\n'/$'\n'refused: }"
}

reasons_against_apply() {
    missing_tools
    if anew; then
        against_anew
        return
    elif switched; then
        against_drive_again
        # Nothing on it can be read before it is repaired.
        if [[ $(mounted) == dead ]] || ! drive_answers; then
            return 0
        fi
        against_unbinding
    else
        against_drive
        against_k3s
        against_target
    fi
    against_image
}

missing_tools() {
    local tool
    local -A package=([rsync]=rsync [mkfs.ext4]=e2fsprogs [e2fsck]=e2fsprogs [resize2fs]=e2fsprogs [dumpe2fs]=e2fsprogs
        [chattr]=e2fsprogs [fallocate]=util-linux [losetup]=mount [findmnt]=util-linux [blkid]=util-linux [flock]=util-linux)
    for tool in "${!package[@]}"; do
        [[ -n $(type -P "$tool") ]] || say "$tool is missing: sudo apt-get install ${package[$tool]}"
    done
}

against_drive_again() {
    local used
    used=$(drive)
    [[ $used == "$DRIVE" ]] ||
        say "k3s's data is on $used (see $FSTAB), not on $DRIVE: restore first, then apply with the other drive, or have both done: $(how_to_confirm)"
    mountpoint -q "$used" || say "nothing is mounted on $used: plug the drive in and run: sudo mount $used"
}

# Arguments as bind_only's.
against_unbinding() {
    local needed
    # shellcheck disable=SC2086 # a list of names
    needed=$(unbound_bytes $BIND)
    ((needed == 0 || needed + CARD_SPARE <= $(free_bytes "$(dirname "$TARGET")"))) ||
        say "what is bound into the image needs $(mib $((needed + CARD_SPARE))) on the card: free some, or keep it bound"
}

against_drive() {
    if ! mountpoint -q "$DRIVE"; then
        say "nothing is mounted on $DRIVE: what is written there would land on the card. Mount the drive (by UUID in $FSTAB)"
        return
    fi
    if [[ $(device_of "$DRIVE") == $(device_of /) || $(device_of "$DRIVE") == $(device_of "$(dirname "$TARGET")") ]]; then
        say "$DRIVE is on the card itself: give another drive's mount point"
    fi
    local type
    type=$(findmnt -rn -o FSTYPE --mountpoint "$DRIVE" | tail -n 1)
    against_filesystem "$type" "$SIZE" "$RESERVE"
    if read_only "$DRIVE"; then
        say "$DRIVE is mounted read-only: look for its errors in dmesg, check it with fsck"
    fi
    # In a container the drive is brought by whoever starts it.
    systemd-detect-virt --quiet --container || found_at_boot
}

# Arguments: type of the drive's file system, image size, how to reserve. Measured verdicts; an image on the refused ones
# would lose its reservation, or the drive could go away under it in ways that systemd does not see.
against_filesystem() {
    case $1 in
    ext4 | xfs | btrfs) ;;
    vfat)
        if (($2 > 4096 * MIB - 1)); then
            say "vfat holds no file of 4 GiB or more: format the drive as ext4, or ask for less than 4096M"
        elif [[ $3 != zeros ]]; then
            say "vfat reserves blocks only by writing zeros: format the drive as ext4, or ask for reserve: zeros (--reserve=zeros)"
        fi
        ;;
    ext2 | ext3 | exfat | fuseblk | ntfs3 | ntfs)
        [[ $3 == zeros ]] ||
            say "$1 cannot reserve blocks without writing them: format the drive as ext4, or ask for reserve: zeros (--reserve=zeros)"
        ;;
    *) say "the drive's file system is ${1:-unknown}: format the drive as ext4" ;;
    esac
}

# A drive that only this boot knows would be missing after the next one; /dev/sdX is another drive on another day.
found_at_boot() {
    local source
    source=$(awk -v drive="$DRIVE" '$1 !~ /^#/ && $2 == drive { print $1 }' "$FSTAB")
    case $source in
    UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=* | /dev/disk/by-*) ;;
    "")
        [[ -n $(systemctl show -p FragmentPath --value "$(systemd-escape --path --suffix=mount "$DRIVE")") ]] ||
            say "$DRIVE is not in $FSTAB, so the next boot would not find it: add it by UUID, with nofail"
        ;;
    *) say "$FSTAB names $DRIVE as $source, which may be another drive after a reboot: use UUID=..." ;;
    esac
}

against_k3s() {
    local name
    name=$(service)
    case $name in
    "") return ;;
    both)
        say "k3s and k3s-agent are both installed: uninstall the one this Pi does not need"
        return
        ;;
    esac
    if [[ $(state_of "$name" ActiveState) == failed || $(state_of "$name" SubState) == auto-restart ]]; then
        say "$name is in trouble already, and what it left may be torn: see journalctl -u $name, make it start first"
    fi
    local elsewhere
    elsewhere=$(data_dir | grep -Fxv "$TARGET/k3s") || return 0
    say "k3s keeps its data in $elsewhere (data-dir), not in $TARGET/k3s: remove data-dir, or leave this Pi alone"
}

# The data-dir that k3s was given in its configuration or its unit; nothing when it has its default.
data_dir() {
    cat "$K3S_CONFIG"/config.yaml "$K3S_CONFIG"/config.yaml.d/*.yaml 2>/dev/null |
        sed -n "s/^[[:space:]]*\"\{0,1\}data-dir\"\{0,1\}:[[:space:]]*[\"']\{0,1\}\([^\"'#[:space:]]*\).*/\1/p" || true
    systemctl cat "$(service).service" 2>/dev/null |
        grep -v '^#' | grep -Eo -- "(--data-dir|-d)['\" =]+/[^'\" \\]+" | grep -o '/.*' || true
}

against_target() {
    local line
    [[ ! -L $TARGET ]] || say "$TARGET is a symbolic link: put the folder itself there"
    line=$(awk -v target="$TARGET" '$1 !~ /^#/ && $2 == target' "$FSTAB")
    [[ -z $line ]] || say "$FSTAB mounts something else on $TARGET: remove this line first: ${line:0:200}"
    # An image without its line is none: a restore did not come to its end, and apply ends it.
    [[ $(mounted) != foreign ]] || say "$(mounted_source) is mounted on $TARGET: unmount it first"
    against_mounts_below
}

against_mounts_below() {
    local other
    other=$(findmnt -rn -o SOURCE,TARGET | awk -v below="$TARGET/" 'index($2, below) == 1 && $1 ~ /^\/dev\// { print $2 }')
    [[ -z $other ]] || say "${other//$'\n'/, } is a mount of its own, which the image cannot take over: unmount it first"
}

against_image() {
    local file spare=$SPARE
    file=$(image)
    # Lost blocks are taken back from whatever is left.
    ! switched || spare=0
    if [[ -e $file ]]; then
        against_existing_image "$file"
        against_shrinking "$file"
    elif switched && mountpoint -q "$(drive)"; then
        say "$file, which is k3s's data, is gone: look for it on this drive and on others; nothing is made in its place"
        return
    fi
    if mountpoint -q "$(drive)"; then
        against_room "$(drive)" "$(held "$file")" "$spare"
    fi
    if ! switched && ! adopting; then
        against_filling "$(folder_bytes "$TARGET")"
    fi
}

# Arguments: the drive, bytes of it that are the image's already, bytes to leave beside the image.
against_room() {
    local needed=$((SIZE - $2))
    ((needed <= 0 || needed + $3 <= $(free_bytes "$1"))) ||
        say "$1 has $(mib "$(free_bytes "$1")") free, and the image needs $(mib $((needed + $3))): free some, or ask for less"
}

# Argument: bytes of k3s's data.
against_filling() {
    (($1 * 12 / 10 < SIZE)) ||
        say "k3s's data is $(mib "$1") and would fill an image of $(mib "$SIZE"): ask for at least $(mib $(($1 * 12 / 10 + MIB)))"
}

mib() {
    printf '%d MiB\n' $(($1 / MIB))
}

# A reimaged Pi looks like a new one, and the image on its drive is all that is left of the cluster.
against_existing_image() {
    local id
    if [[ ! -f $1 ]]; then
        say "$1 is not a file: move it away"
        return
    fi
    id=$(image_id "$1")
    if switched && [[ $(mounted) == image ]]; then
        return
    elif [[ -z $id ]]; then
        say "$1 holds no ext4 that can be read: if it was k3s's data, try e2fsck -b 32768 on a copy of it; else move it away"
    elif (($(filesystem_bytes "$1") > $(size_of "$1"))); then
        say "$1 was cut short, to $(mib "$(size_of "$1")") of $(mib "$(filesystem_bytes "$1")"): look for a whole copy of it"
    elif switched; then
        [[ -z $(kept_id) || $id == "$(kept_id)" ]] ||
            say "$1 is another image than this Pi's (its id is $id, this Pi's is $(kept_id)): plug the right drive in"
    elif overwritable "$1"; then
        :
    elif ! adopting; then
        say "$1 was not made from this card (its id is $id) and may be the only good copy of k3s's data. To use it as it is: onExistingImage: adopt (--existing=adopt). To begin anew: move it away"
    fi
}

# Only an image that this very card made, and that was never the truth since.
overwritable() {
    [[ -n $(kept_id) && $(image_id "$1") == "$(kept_id)" && $(kept_role) =~ ^(empty|copy)$ ]]
}

# Whether apply takes the image as it is.
adopting() {
    [[ $EXISTING == adopt && -e $(image) ]] && ! switched && ! overwritable "$(image)"
}

against_shrinking() {
    local advice="ask for at least that size"
    shrinks "$1" || return 0
    # What this Pi did not make is never made anew.
    if switched || overwritable "$1"; then
        [[ $CONFIRMED == no ]] || return 0
        advice+=", or have it made anew by way of the card: $(how_to_confirm)"
    fi
    say "the image is $(mib "$(size_of "$1")") already and does not shrink to $(mib "$SIZE"): $advice"
}
