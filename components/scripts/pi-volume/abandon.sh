# shellcheck shell=bash
# The way back without the drive: k3s begins anew on the card. The image is not touched, should it ever come back.

abandon() {
    local reason
    if ! switched && ! cut_while_abandoning; then
        refuse "k3s's data is on the card: there is nothing to give up"
    fi
    case $(mounted) in
    image) refuse "$(image) is mounted and can be read: restore brings its data back to the card" ;;
    foreign) refuse "$(mounted_source) is mounted on $TARGET: unmount it" ;;
    esac
    reason=$(
        [[ -z $DOUBT ]] || say "$DOUBT"
        against_full
        against_root_that_forgets
        against_fixed_fstab
    )
    [[ -z $reason ]] || refuse "${reason//$'\n'/$'\n'refused: }"
    if [[ $CONFIRMED != yes ]]; then
        refuse "this gives up all that is in $(image): an agent then joins its server again, with empty local volumes; a server begins with an empty cluster, unless you restore a backup of it (docs.k3s.io/cli/etcd-snapshot). When the drive may still come back, plug it in instead. To give it up: add --confirmed"
    fi
    ! switched || forget_image
    rm -f "$KEPT" "$PASSWORD_DUE"
    remove_fsck_unit
    start_k3s
    healthy
    say "k3s begins anew on the card. The image was not touched: if its drive comes back, apply --existing=adopt uses it again"
    [[ ! -e $TARGET.before-adopt ]] || say "what this card had before it adopted the image is in $TARGET.before-adopt"
}

# What is left is to be forgotten: the line is gone, and nothing is mounted.
cut_while_abandoning() {
    [[ -z $(mounted_source) ]] && { [[ $(kept_role) =~ ^(live|adopted)$ ]] || [[ -z $(kept_id) && -e $UNITS/$FSCK_UNIT ]]; }
}

# Until the line is gone k3s starts nowhere.
forget_image() {
    stop_k3s
    unmount_bound -l
    while [[ -n $(mounted_source) ]]; do
        umount -c -l "$TARGET" || cannot_unmount "$TARGET"
    done
    remove_drop_ins
    chattr -i "$TARGET" 2>/dev/null || true
    SETTINGS=leave write_settings
    uncommit
}
