# shellcheck shell=bash
# Moves k3s's data into the image, or keeps what was moved in order. Each phase looks at the facts and does what is left.

apply() {
    preflight
    bring_up
    [[ -z $REPAIR ]] || write_lines "$REPAIRED" "$REPAIR"
}

bring_up() {
    # In the step that may stop k3s: one Pi at a time.
    if [[ $UNTIL != prepared ]] && anew; then
        by_way_of_the_card
    fi
    if ! switched; then
        # A restore removed the line and did not come to the unmount.
        if [[ $(mounted) != none ]]; then
            stop_k3s
            start_k3s
        fi
        adopting || prepare
    fi
    [[ $UNTIL != prepared ]] || return 0
    if switched; then
        repair
    else
        switch
    fi
    [[ $UNTIL != switched ]] || return 0
    finalize
}

# With k3s running: the image, and a copy in it that is nearly up to date.
prepare() {
    local file
    file=$(image)
    if [[ -e $file ]] && (($(size_of "$file") != SIZE)); then
        say "$file is an unused copy of this card and not $(mib "$SIZE"): making it anew"
        rm "$file"
    fi
    make_image
    refill
    mkdir -p "$TARGET"
    mount_staging
    timed "copied k3s's data while k3s runs" copy_hot "$TARGET" "$STAGING"
    timed "copied what changed meanwhile" copy_hot "$TARGET" "$STAGING"
    keep "$(image_id "$file")" copy
    unmount_staging
}

# The only downtime. Until the commit the card is the truth, and k3s comes back on it if anything fails (after_job).
switch() {
    local from downtime
    if adopting; then
        keep "$(image_id "$(image)")" adopted
        write_lines "$PASSWORD_DUE" yes
        write_fsck_unit
        stop_k3s
    else
        mount_staging
        timed "copied what changed until k3s stops" copy_hot "$TARGET" "$STAGING"
        # Before the commit, for the line requires the unit; nothing starts it without the line.
        write_fsck_unit
        stop_k3s
        timed "copied the rest while k3s is stopped" copy_stopped "$TARGET" "$STAGING"
        unmount_staging
    fi
    still_stopped
    commit
    [[ $(kept_role) == adopted ]] || keep "$(kept_id)" live
    write_drop_ins
    reload_systemd
    timed "mounted the image" mount_or_take_back
    put_password_back
    # A line of its own, after the main one: cut here, k3s runs on the image with these folders on the card.
    # shellcheck disable=SC2086 # a list of names
    bind_only $BIND
    write_settings
    from=$STOPPED_AT
    timed "k3s started" start_k3s
    downtime=$(seconds_since "$from" 2)
    say "k3s was down for $downtime s"
    write_lines "$MOVED" "$(used_bytes "$TARGET") $downtime"
    timed "k3s settled" healthy
    keep_password
}

# k3s was not on the image yet: when it does not mount, the card is the truth again.
mount_or_take_back() {
    local words
    begin_mount
    [[ $(mounted) != image ]] || return 0
    words=$(last_words "$FSCK_UNIT" "$MOUNT_UNIT")
    # First: without the line, an image that is called live would never be written over again.
    [[ $(kept_role) == adopted ]] || keep "$(kept_id)" copy
    remove_drop_ins
    uncommit
    [[ $(kept_role) != adopted ]] || rm -f "$KEPT" "$PASSWORD_DUE"
    fail "$(image) was not mounted: $words. If a check is asked for: sudo e2fsck -f $(image)"
}

# Drift, after whatever happened since: a cut, a hand, a drive that was away.
repair() {
    local state names
    state=$(mounted)
    [[ $state != foreign ]] || fail "$(mounted_source) is mounted on $TARGET instead of the image: unmount it"
    [[ -n $(kept_id) ]] || keep "$(image_id "$(image)")" live
    write_fsck_unit
    mapfile -t names < <(bound)
    commit "${names[@]}"
    write_drop_ins
    reload_systemd
    if [[ $state == dead ]]; then
        say "the drive was away: what was mounted from it is dead"
        stop_k3s
        unmount_bound -l
        umount -c -l "$TARGET"
        state=none
    fi
    if [[ $state == none ]]; then
        stop_k3s
        remount_drive
        mount_target
    fi
    forbid_discard "$(mounted_source)"
    refill
    grow
    mount_bound
    # shellcheck disable=SC2086 # a list of names
    bind_only $BIND
    # Before k3s starts: with another password its server rejects it.
    put_password_back
    # The last one that sets `changed`, by which k3s is restarted.
    write_settings
    if [[ -e $STOPPED ]]; then
        start_k3s
    elif [[ -n $SERVICE ]] && ! off_on_purpose; then
        if [[ $changed == yes ]]; then
            begin_k3s restart "$SERVICE"
        elif [[ $(state_of "$SERVICE" ActiveState) != active ]]; then
            start_k3s
        fi
    fi
    [[ $(kept_role) == adopted ]] || keep "$(kept_id)" live
    healthy
    keep_password
}

# A drive that came back is another device, and the old mount shows the one that is gone. systemd cannot unmount it itself
# while a pod has the image open, though the image's own mount is gone by then.
remount_drive() {
    local path
    path=$(drive)
    if ! drive_answers; then
        unmount_bound -l
        umount -c -l "$path"
        # In a scope of its own: what serves a FUSE file system (ntfs-3g) would end with this job, and hold its lock until then.
        systemd-run --quiet --collect --scope mount "$path" 7>&- || mountpoint -q "$path" || mount "$path" || fail "$path does not come back: plug the drive in, look at dmesg"
    fi
}

# Frees the card, only once k3s was seen to be well on the image.
finalize() {
    local folder
    [[ $(mounted) == image ]] || fail "the image is not mounted on $TARGET"
    show_card
    folder=$(bare_folder)
    # Were the bind mount to show the image, this would delete the truth.
    [[ $(device_of "$folder") == "$(device_of "$CARD")" && $(device_of "$folder") != "$(device_of "$TARGET")" ]] ||
        fail "$folder is not the card's own folder"
    if ! sealed; then
        healthy
        chattr -i "$folder" 2>/dev/null || true
        empty_card "$folder"
        sync -f "$folder"
        chattr +i "$folder" 2>/dev/null || say "the card's file system knows no immutable folders: $TARGET is guarded by systemd only"
    fi
    hide_card
    free_copies
    keep "$(kept_id)" live
    say "finalized: the card holds no copy any more"
}

# What lay on the card of a Pi that adopted an image was never copied anywhere: it is set aside.
empty_card() {
    local aside
    aside=$1.before-adopt
    if [[ $(kept_role) == adopted && -n $(ls -A "$1") ]]; then
        mkdir -p "$aside"
        find "$1" -mindepth 1 -maxdepth 1 -exec mv --backup=numbered --target-directory="$aside" {} +
        say "what this card had in $(basename "$1") is now in $(basename "$aside") beside it: delete it when you are sure"
    else
        find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system {} +
    fi
}
