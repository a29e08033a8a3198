# shellcheck shell=bash
# Brings k3s's data back to the card. The image stays on the drive.

restore() {
    local reason folder
    if ! switched; then
        end_restore
        return
    fi
    [[ $(mounted) == image ]] || refuse "the image is not mounted on $TARGET: run apply first, which repairs that"
    reason=$(
        [[ -z $DOUBT ]] || say "$DOUBT"
        against_full
        against_root_that_forgets
        against_fixed_fstab
        against_foreign_mounts "and hides a part of the image"
        against_holders
    )
    [[ -z $reason ]] || refuse "${reason//$'\n'/$'\n'refused: }"
    reason=$(against_card)
    [[ -z $reason ]] || refuse "$reason, or keep the image (onDestroy: keep)"
    show_card
    folder=$(bare_folder)
    chattr -i "$folder" 2>/dev/null || true
    # What an adoption that did not come to its end has not set aside yet. Once: what comes next there is the image's.
    if [[ $(kept_role) == adopted ]]; then
        empty_card "$folder"
        keep "$(kept_id)" live
    fi
    timed "copied k3s's data while k3s runs" copy_hot "$TARGET" "$folder"
    stop_k3s
    bind_only
    timed "copied the rest while k3s is stopped" copy_stopped "$TARGET" "$folder"
    hide_card
    still_stopped
    keep "$(kept_id)" copy
    remove_drop_ins
    write_settings
    uncommit
    end_restore
}

# Whether the data in the image has room on the card, beside what is there of it already.
against_card() {
    local needed had=0
    show_card
    # What an adoption has to set aside stays there.
    [[ $(kept_role) == adopted ]] || had=$(folder_bytes "$(bare_folder)")
    needed=$(($(used_bytes "$TARGET") - had + CARD_SPARE))
    ((needed <= $(free_bytes "$CARD"))) ||
        say "the card has $(mib "$(free_bytes "$CARD")") free, and k3s's data needs $(mib "$needed") there: free some"
    hide_card
}

# After the line is gone; also for one that was cut there, and for a Pi that was never switched.
end_restore() {
    if [[ $(kept_role) =~ ^(live|adopted)$ ]]; then
        refuse "$FSTAB no longer mounts the image, and the card holds no copy of it: apply --existing=adopt brings it back"
    fi
    if [[ $(mounted) != none ]]; then
        stop_k3s
    fi
    remove_drop_ins
    if [[ -e $UNITS/$FSCK_UNIT || -e $STOPPED ]]; then
        unmount_target
        remove_fsck_unit
        start_k3s
        healthy
    fi
    say "k3s's data is on the card"
}
