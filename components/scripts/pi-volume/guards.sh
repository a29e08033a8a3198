# shellcheck shell=bash
# What keeps k3s off the bare card: the line in fstab, a check before the mount, drop-ins for both of k3s's units (whichever
# is installed later is guarded too), and a folder below the mount that cannot be written to.

# The commit of a switch: one line, and with it all that systemd must know. The drive in use stays the one that it names: a restore
# writes it too, and is told of none, or of the one that comes next.
fstab_line() {
    local path how=loop,noatime,noinit_itable,nofail,errors=remount-ro,X-fstrim.notrim
    path=$(drive)
    how+=,x-systemd.requires=$FSCK_UNIT,x-systemd.after=$FSCK_UNIT,x-systemd.requires-mounts-for=$path
    say "$path/$IMAGE_NAME $TARGET ext4 $how,$(before_k3s) 0 0  $MARK"
}

# k3s does not start without the mount, whichever of its units this Pi has.
before_k3s() {
    local unit how=""
    for unit in k3s.service k3s-agent.service; do
        how+=,x-systemd.before=$unit,x-systemd.required-by=$unit
    done
    say "${how#,}"
}

# Every line of fstab that is not ours, as it is.
other_lines() {
    awk -v targets="$TARGET $(place_of kubelet) $(place_of pod-logs)" -v mark="$MARK" '{ line = $0; sub(/\r$/, "") }
        $1 ~ /^#/ || index(" " targets " ", " " $2 " ") == 0 || substr($0, length($0) - length(mark) + 1) != mark { print line }' "$FSTAB"
}

# Arguments: what is bound into the image beside k3s's own data. systemd reads it at the next daemon-reload: it takes a tenth of
# a second, and k3s is down.
commit() {
    local name
    {
        other_lines
        fstab_line
        for name in "$@"; do
            bind_line "$name"
        done
    } | write_file "$(readlink -f "$FSTAB")" || true
    switched || fail "$FSTAB could not be written"
}

uncommit() {
    other_lines | write_file "$(readlink -f "$FSTAB")" || true
    ! switched || fail "$FSTAB could not be written"
    systemctl daemon-reload
}

# A file's check number in fstab does nothing, so the check is a unit. First: the right image, not just any. Bounded, for
# Debian 11's e2fsck was seen to hang on an image that had been cut short.
fsck_unit() {
    local file
    file=$(image)
    cat <<UNIT
[Unit]
Description=Check the image of k3s's data, and take its blocks back
RequiresMountsFor=$(drive)
Before=$MOUNT_UNIT
AssertPathIsMountPoint=$(drive)
ConditionPathIsMountPoint=!$TARGET

[Service]
Type=oneshot
TimeoutStartSec=30min
SuccessExitStatus=1
ExecStart=/bin/sh -c '[ "\$\$(blkid -p -s UUID -o value $file)" = $(kept_id) ] || { echo "$file is not the image of this Pi"; exit 3; }'
ExecStart=$(type -P e2fsck) -p $file
ExecStart=/bin/sh -c 'fallocate --length "\$\$(stat -c %%s $file)" $file || [ "\$\$(stat -c %%b $file)" -ge "\$\$((\$\$(stat -c %%s $file) / 512))" ] || { echo "$(drive) has no room for all of the image: free some"; exit 3; }'
UNIT
}

# BindsTo: k3s stops when its data goes, be it by hand.
drop_in() {
    cat <<UNIT
[Unit]
BindsTo=$MOUNT_UNIT
After=$MOUNT_UNIT
ConditionPathIsMountPoint=$TARGET

[Service]
ExecStartPre=-/bin/sh -c 'echo 0 >"/sys/block/\$\$(basename "\$\$(findmnt -rno SOURCE --mountpoint $TARGET)")/queue/discard_max_bytes"'
UNIT
}

drop_in_files() {
    printf '%s\n' "$UNITS"/k3s{,-agent}.service.d/10-pi-volume.conf
}

# fstab mounts nothing when the drive comes after its time at boot, or comes back: then the plug itself starts k3s, which brings
# the mounts up first. Nothing is printed where there is no udev, or where fstab names the drive by no property of udev's.
plug_rule() {
    local name property
    [[ -d /etc/udev ]] || return 0
    name=$(awk -v drive="$(drive)" '$1 !~ /^#/ && $2 == drive { gsub(/"/, "", $1); print $1; exit }' "$FSTAB")
    case $name in
    UUID=*) property=ID_FS_UUID ;;
    LABEL=*) property=ID_FS_LABEL ;;
    PARTUUID=*) property=ID_PART_ENTRY_UUID ;;
    *) return 0 ;;
    esac
    say "ACTION==\"add\", SUBSYSTEM==\"block\", ENV{$property}==\"${name#*=}\", TAG+=\"systemd\", ENV{SYSTEMD_WANTS}+=\"k3s.service k3s-agent.service\""
}

write_plug_rule() {
    local rule
    rule=$(plug_rule)
    if [[ -z $rule ]]; then
        rm -f "$PLUG_RULE"
    elif say "$rule" | write_file "$PLUG_RULE"; then
        say "wrote $PLUG_RULE"
    fi
}

write_fsck_unit() {
    if fsck_unit | write_file "$UNITS/$FSCK_UNIT"; then
        say "wrote $FSCK_UNIT"
        systemctl daemon-reload
    fi
}

# Not before the commit: on the card k3s could not start with them. The caller reloads systemd.
write_drop_ins() {
    local file
    for file in $(drop_in_files); do
        if drop_in | write_file "$file"; then
            say "wrote $file"
        fi
    done
    write_plug_rule
}

remove_drop_ins() {
    local file
    rm -f "$PLUG_RULE"
    for file in $(drop_in_files); do
        rm -f "$file"
        [[ ! -d $(dirname "$file") ]] || rmdir --ignore-fail-on-non-empty "$(dirname "$file")"
    done
    sync -f "$UNITS"
}

remove_fsck_unit() {
    rm -f "$UNITS/$FSCK_UNIT"
    systemctl daemon-reload
}

# One word per guard that is not as it should be.
broken_guards() {
    local file name
    [[ $(our_line) == "$(fstab_line)" ]] || say fstab
    for name in $(bound); do
        [[ $(marked_line "$(place_of "$name")") == "$(bind_line "$name")" ]] || say "fstab:$name"
    done
    [[ $(cat "$UNITS/$FSCK_UNIT" 2>/dev/null) == "$(fsck_unit)" ]] || say fsck-unit
    for file in $(drop_in_files); do
        [[ $(cat "$file" 2>/dev/null) == "$(drop_in)" ]] || say "drop-in:$(basename "$(dirname "$file")" .service.d)"
    done
    [[ $(cat "$PLUG_RULE" 2>/dev/null) == "$(plug_rule)" ]] || say plug-rule
}

mount_target() {
    systemctl reset-failed "$FSCK_UNIT" "$MOUNT_UNIT" 2>/dev/null || true
    if ! systemctl start "$MOUNT_UNIT" || [[ $(mounted) != image ]]; then
        fail "$(image) was not mounted: $(last_words "$FSCK_UNIT" "$MOUNT_UNIT"). If a check is asked for: sudo e2fsck -f $(image)"
    fi
    forbid_discard "$(mounted_source)"
    mount_bound
}

# What the processes of units said themselves; of systemd's own words there are too many.
last_words() {
    { journalctl -q -b -n 4 -o cat "${@/#/_SYSTEMD_UNIT=}" 2>/dev/null || true; } | cut -c1-200 | tr '\n' ' '
}

unmount_target() {
    unmount_bound
    while [[ -n $(mounted_source) ]]; do
        umount "$TARGET" || fail "$TARGET cannot be unmounted; $(holders "$TARGET")"
    done
}
