# shellcheck shell=bash
# Why apply must not begin. Each function prints one sentence per reason, and nothing when all is well.

# All reasons at once: to repair them one run at a time is tedious.
preflight() {
    local reasons
    reasons=$(reasons_against_apply)
    [[ -z $reasons ]] || refuse "${reasons//$'\n'/$'\n'refused: }"
}

reasons_against_apply() {
    missing_tools
    against_full
    against_root_that_forgets
    against_fixed_fstab
    against_links_to_bind
    [[ -z $DOUBT ]] || say "$DOUBT"
    if anew; then
        against_anew
        return
    elif switched; then
        against_drive_again
        # Nothing on it can be read before it is repaired.
        if [[ $(mounted) == dead ]] || ! drive_answers; then
            return 0
        fi
        against_foreign_mounts "and hides a part of the image"
        against_unbinding
        against_binding
    else
        against_drive
        against_k3s
        against_mounts
        against_holders
    fi
    against_image
}

missing_tools() {
    local tool
    local -A package=([rsync]=rsync [mkfs.ext4]=e2fsprogs [e2fsck]=e2fsprogs [resize2fs]=e2fsprogs [dumpe2fs]=e2fsprogs
        [chattr]=e2fsprogs [lsattr]=e2fsprogs [ps]=procps [unshare]=util-linux [fallocate]=util-linux
        [losetup]=mount [findmnt]=util-linux [blkid]=util-linux [flock]=util-linux)
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

# What bind_only would copy into an image in use, and k3s be stopped for, until there is no room left.
against_binding() {
    local needed free
    [[ $(mounted) == image ]] || return 0
    # shellcheck disable=SC2086 # a list of names
    needed=$(($(binding_bytes $BIND) * 12 / 10))
    free=$(($(free_bytes "$TARGET") + SIZE - $(size_of "$(image)")))
    ((needed <= 0 || needed <= free)) ||
        say "what shall be bound into the image needs $(mib "$needed") there, and $(mib "$free") are free: ask for a larger size, or bind less"
}

# What k3s is doing now: where its data is, and whether it is well. A move would make nothing better.
against_k3s() {
    [[ $(mounted) == foreign ]] || against_other_place
    if [[ -z $SERVICE ]]; then
        [[ -n $DOUBT || ! -d $TARGET/k3s/server && ! -d $TARGET/k3s/agent ]] || adopting ||
            say "k3s's data is in $TARGET/k3s, and no systemd service was found that runs k3s: start it, so that it can be seen, and run this again. If k3s was removed from this Pi, delete its data: sudo rm -r $TARGET/k3s"
    elif [[ $(state_of "$SERVICE" ActiveState) == failed || $(state_of "$SERVICE" SubState) == auto-restart ]]; then
        say "$SERVICE is in trouble already, and what it left may be torn: see journalctl -u $SERVICE, make it start first"
    elif off_on_purpose && ! adopting; then
        say "$SERVICE is stopped and disabled, so nobody can see whether it is well: sudo systemctl enable --now $SERVICE, or leave this Pi out"
    elif [[ $(state_of "$SERVICE" ActiveState) != inactive ]]; then
        against_unwell
    fi
}

# Somebody else's shell, backup or exporter in k3s's folder would keep it from being unmounted, after all pods were stopped.
against_holders() {
    local found
    found=$(foreign_holders)
    [[ -z $found ]] || say "$found: end it first"
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
        # shellcheck disable=SC2086 # a list of names
        against_filling $(($(folder_bytes "$TARGET") + $(binding_bytes $BIND)))
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
