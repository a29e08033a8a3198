# shellcheck shell=bash
# What keeps k3s off the bare card: the line in fstab, a check before the mount, drop-ins for k3s's service (and for the usual two,
# which may be installed later), and a folder below the mount that cannot be written to.

# The commit of a switch: one line, and with it all that systemd must know. The drive in use stays the one that it names: a restore
# writes it too, and is told of none, or of the one that comes next.
fstab_line() {
    local path how=loop,noatime,noinit_itable,nofail,errors=remount-ro,X-fstrim.notrim
    path=$(drive)
    how+=,x-systemd.requires=$FSCK_UNIT,x-systemd.after=$FSCK_UNIT
    # systemd waits for the drive by itself, for a loop mount's source (systemd.mount(5)).
    say "$(fstab_word "$path/$IMAGE_NAME") $TARGET ext4 $how,$(before_k3s) 0 0  $MARK"
}

# k3s does not start without the mount, whatever its service is called; and the mount comes at boot, whoever needs it.
before_k3s() {
    local name how=x-systemd.wanted-by=multi-user.target
    for name in $(guarded_services); do
        name=$(fstab_word "$name").service
        how+=,x-systemd.before=$name,x-systemd.required-by=$name
    done
    say "$how"
}

# Every line of fstab that is not ours, as it is.
other_lines() {
    awk -v targets="$TARGET $(place_of kubelet) $(place_of pod-logs)" -v mark="$MARK" '{ line = $0; sub(/[ \t\r]+$/, "") }
        $1 ~ /^#/ || index(" " targets " ", " " $2 " ") == 0 || substr($0, length($0) - length(mark) + 1) != mark { print line }' "$FSTAB"
}

# Arguments: what is bound into the image beside k3s's own data. systemd reads it at the next daemon-reload: it takes a tenth of
# a second, and k3s is down.
commit() {
    local text name
    text=$(
        other_lines
        fstab_line
        for name in "$@"; do
            bind_line "$name"
        done
        printf x
    )
    write_file "$(readlink -f "$FSTAB")" "${text%x}"
}

uncommit() {
    local text
    text=$(other_lines; printf x)
    write_file "$(readlink -f "$FSTAB")" "${text%x}"
    reload_systemd
}

# A file's check number in fstab does nothing, so the check is a unit. First: the right image, not just any. Then never an image
# that the kernel still has, in a container's own view of the mounts perhaps: a check of a live file system destroys it.
fsck_unit() {
    local file
    file=$(unit_word "$(image)")
    cat <<UNIT
[Unit]
Description=Check the image of k3s's data, and take its blocks back
RequiresMountsFor=$(unit_word "$(drive)")
Before=$MOUNT_UNIT
AssertPathIsMountPoint=$(drive)
ConditionPathIsMountPoint=!$TARGET

[Service]
Type=oneshot
TimeoutStartSec=$CHECK_SECONDS
SuccessExitStatus=1
ExecStart=/bin/sh -c '[ "\$\$(blkid -p -s UUID -o value "\$\$1")" = $(kept_id) ] || { echo "\$\$1 is not the image of this Pi"; exit 3; }' sh $file
ExecStart=/bin/sh -c 'if losetup -nO NAME -j "\$\$1" | grep -q .; then echo "\$\$1 is still in use, so it is not checked"; else exec $(type -P e2fsck) -p "\$\$1"; fi' sh $file
ExecStart=/bin/sh -c 'fallocate --length "\$\$(stat -c %%s "\$\$1")" "\$\$1" || [ "\$\$(stat -c %%b "\$\$1")" -ge "\$\$((\$\$(stat -c %%s "\$\$1") / 512))" ] || { echo "the drive has no room for all of \$\$1: free some"; exit 3; }' sh $file
UNIT
}

# A path as one word of a unit file; needs_drive lets no quote, backslash, percent or dollar sign through.
unit_word() {
    printf '"%s"\n' "$1"
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

# One path per line.
drop_in_files() {
    guarded_services | sed "s|.*|$UNITS/&.service.d/10-pi-volume.conf|"
}

# fstab mounts nothing when the drive comes after its time at boot, or comes back: then the plug itself brings the image up, and
# k3s with it, unless somebody switched k3s off. Nothing is printed where there is no udev.
plug_rule() {
    local name match wants=$MOUNT_UNIT
    [[ -d /etc/udev ]] || return 0
    name=$(fstab_of "$(drive)" | awk 'NR == 1 { print $1 }')
    case $name in
    UUID=*) match="ENV{ID_FS_UUID}==\"${name#*=}\"" ;;
    # As udev writes them, with \x20 for a space.
    LABEL=*) match="ENV{ID_FS_LABEL_ENC}==\"$(udev_word "${name#*=}")\"" ;;
    PARTUUID=*) match="ENV{ID_PART_ENTRY_UUID}==\"${name#*=}\"" ;;
    PARTLABEL=*) match="ENV{ID_PART_ENTRY_NAME}==\"$(udev_word "${name#*=}")\"" ;;
    /dev/disk/by-*) match="SYMLINK==\"$(udev_word "${name#/dev/}")\"" ;;
    *) return 0 ;;
    esac
    [[ -z $SERVICE ]] || switched_off || wants+=" $SERVICE.service"
    say "ACTION==\"add\", SUBSYSTEM==\"block\", $match, TAG+=\"systemd\", ENV{SYSTEMD_WANTS}+=\"$wants\""
}

udev_word() {
    local word
    word=$(from_fstab "$1")
    printf '%s\n' "${word// /\\x20}"
}

write_plug_rule() {
    local rule
    rule=$(plug_rule)
    if [[ -z $rule ]]; then
        rm -f "$PLUG_RULE"
        return
    fi
    write_lines "$PLUG_RULE" "$rule"
    [[ $changed == no ]] || say "wrote $PLUG_RULE"
}

reload_systemd() {
    local error
    error=$(reload_error)
    [[ -z $error ]] || fail "systemd did not read fstab and its units again: $error"
}

# Has systemd read fstab and its units again, and prints its words when it does not. Until it does, it mounts what fstab no longer
# has. It wants 16 MiB free in /run, and fills none of them: so for that moment a full /run is larger.
reload_error() {
    local error code=0 size
    # Without inodes it would read all, and know nothing of fstab.
    error=$(against_too_little /run /run 0)
    if [[ -n $error ]]; then
        say "$error"
        return
    fi
    error=$(systemctl daemon-reload 2>&1) || code=$?
    if ((code != 0)); then
        code=0
        size=$(stat -f -c '%b %S' /run | awk '{ printf "%.0f", $1 * $2 }')
        mount -o "remount,size=$((size + RUN_FREE))" /run
        error=$(systemctl daemon-reload 2>&1) || code=$?
        # Somebody may have filled that too.
        mount -o "remount,size=$size" /run || true
    fi
    ((code == 0)) || say "${error:-it gives no reason}"
}

# Whether systemd would mount what fstab no longer has, or would not mount what it has.
outdated() {
    local place unit
    for place in "$TARGET" "$(place_of kubelet)" "$(place_of pod-logs)"; do
        unit=$(systemd-escape --path --suffix=mount "$place")
        if [[ $(state_of "$unit" NeedDaemonReload) == yes ]] ||
            [[ -n $(marked_line "$place") && $(state_of "$unit" LoadState) != loaded ]]; then
            return
        fi
    done
    return 1
}

write_fsck_unit() {
    local text
    text=$(fsck_unit)
    write_lines "$UNITS/$FSCK_UNIT" "$text"
    if [[ $changed == yes ]]; then
        say "wrote $FSCK_UNIT"
        reload_systemd
    fi
}

# Not before the commit: on the card k3s could not start with them. The caller reloads systemd.
write_drop_ins() {
    local files file text
    text=$(drop_in)
    mapfile -t files < <(drop_in_files)
    for file in "${files[@]}"; do
        write_lines "$file" "$text"
        [[ $changed == no ]] || say "wrote $file"
    done
    write_plug_rule
}

remove_drop_ins() {
    local files file
    rm -f "$PLUG_RULE"
    mapfile -t files < <(drop_in_files)
    for file in "${files[@]}"; do
        rm -f "$file"
        [[ ! -d $(dirname "$file") ]] || rmdir --ignore-fail-on-non-empty "$(dirname "$file")"
    done
    sync -f "$UNITS"
}

remove_fsck_unit() {
    rm -f "$UNITS/$FSCK_UNIT"
    reload_systemd
}

# One word per guard that is not as it should be.
broken_guards() {
    local file name
    [[ $(our_line) == "$(fstab_line)" ]] || say fstab
    for name in $(bound); do
        [[ $(marked_line "$(place_of "$name")") == "$(bind_line "$name")" ]] || say "fstab:$name"
    done
    [[ $(cat "$UNITS/$FSCK_UNIT" 2>/dev/null) == "$(fsck_unit)" ]] || say fsck-unit
    drop_in_files | while read -r file; do
        [[ $(cat "$file" 2>/dev/null) == "$(drop_in)" ]] || say "drop-in:$(basename "$(dirname "$file")" .service.d)"
    done
    [[ $(cat "$PLUG_RULE" 2>/dev/null) == "$(plug_rule)" ]] || say plug-rule
}

mount_target() {
    begin_mount
    [[ $(mounted) == image ]] ||
        fail "$(image) was not mounted: $(last_words "$FSCK_UNIT" "$MOUNT_UNIT"). If a check is asked for: sudo e2fsck -f $(image)"
}

# The check before it has its limit (fsck_unit).
begin_mount() {
    systemctl reset-failed "$FSCK_UNIT" "$MOUNT_UNIT" 2>/dev/null || true
    systemctl start "$MOUNT_UNIT" || true
    [[ $(mounted) == image ]] || return 0
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
        timeout -k 5 "$UMOUNT_SECONDS" umount -c "$TARGET" || [[ -z $(mounted_source) ]] || cannot_unmount "$TARGET"
    done
}
