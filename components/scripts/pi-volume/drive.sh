# shellcheck shell=bash
# Whether the drive is one: another disk than the card, there after the next boot, and able to hold an image.

against_drive() {
    local type real
    real=$(readlink -m "$DRIVE")
    if [[ $real != "$DRIVE" ]]; then
        say "$DRIVE is by a symbolic link, at which systemd mounts nothing at boot: give the mount point itself, $real"
        return
    fi
    if ! mountpoint -q "$DRIVE"; then
        say "nothing is mounted on $DRIVE: what is written there would land on the card. Mount the drive (by UUID in $FSTAB, with nofail)"
        return
    fi
    if on_the_card "$DRIVE"; then
        say "$DRIVE is on the card itself: give another drive's mount point"
    fi
    type=$(findmnt -rn -o FSTYPE --mountpoint "$DRIVE" | tail -n 1)
    if [[ $type == autofs ]]; then
        say "$DRIVE is mounted when it is used, and the drive did not come within $WAKE_SECONDS s: plug it in, and look with: sudo ls $DRIVE"
        return
    fi
    against_filesystem "$type" "$SIZE" "$RESERVE"
    if read_only "$DRIVE"; then
        say "$DRIVE is mounted read-only: look for its errors in dmesg, check it with fsck"
    fi
    # In a container the drive is brought by whoever starts it.
    systemd-detect-virt --quiet --container || found_at_boot
    against_no_loop_device
}

# Has a drive mounted that is only there while it is used (x-systemd.automount), or what is seen of it is systemd's autofs.
wake_drive() {
    [[ -z $DRIVE ]] || timeout -k 2 "$WAKE_SECONDS" stat "$DRIVE/." >/dev/null 2>&1 || true
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

# The same file system, a file on it, or another partition of the same disk.
on_the_card() {
    local folder disks source file
    source=$(findmnt -rnv -o SOURCE --mountpoint "$1" | tail -n 1)
    file=$(losetup -nO BACK-MAJ:MIN "$source" 2>/dev/null | tr -d ' ') || file=""
    disks=$(disks_of "$1")
    for folder in / /etc "$(dirname "$TARGET")"; do
        if [[ $(device_of "$1") == "$(device_of "$folder")" || $file == "$(device_of "$folder")" ]]; then
            return
        fi
        [[ -z $disks || $disks != "$(disks_of "$folder")" ]] || return 0
    done
    return 1
}

# Names of the whole disks below a folder's file system, one line; nothing where the kernel shows none.
disks_of() {
    local source
    source=$(findmnt -rnv -o SOURCE -T "$1" | tail -n 1)
    # An old name for whatever the kernel booted from.
    [[ $source != /dev/root ]] || source=/dev/block/$(device_of "$1")
    lsblk -nrso NAME,TYPE "$source" 2>/dev/null | awk '$2 == "disk" { print $1 }' | sort -u | tr '\n' ' ' || true
}

# A drive that only this boot knows would be missing after the next one; without nofail a missing one ends the boot in
# emergency mode, where nobody can log in (systemd.mount(5)).
found_at_boot() {
    local lines source options unit
    lines=$(fstab_of "$DRIVE")
    unit=$(systemd-escape --path --suffix=mount "$DRIVE")
    if [[ -n $lines ]]; then
        while read -r source options; do
            against_name "$source" "$FSTAB"
            [[ ,$options, =~ ,(nofail|noauto), ]] ||
                say "$FSTAB mounts $DRIVE without nofail: when the drive is missing, the Pi stops in emergency mode, without SSH. Add nofail to the options of this line: $source $DRIVE"
        done <<<"$lines"
    elif [[ -n $(state_of "$unit" FragmentPath) ]]; then
        source=$(sed -n 's/^[[:space:]]*What[[:space:]]*=[[:space:]]*//p' "$(state_of "$unit" FragmentPath)" | tail -n 1)
        against_name "$source" "$unit"
        [[ " $(state_of "$unit" RequiredBy) " != *" local-fs.target "* ]] ||
            say "$unit is required by local-fs.target: when the drive is missing, the Pi stops in emergency mode, without SSH. Take RequiredBy=local-fs.target out of it (WantedBy= instead), then: sudo systemctl daemon-reload && sudo systemctl reenable $unit"
    else
        say "$DRIVE is not in $FSTAB, so the next boot would not find it: add it by UUID, with nofail: $(right_line)"
    fi
}

# Arguments: what names the drive, and where that is written.
against_name() {
    case $1 in
    # LUKS, LVM and RAID have names of their own.
    UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=* | /dev/disk/by-* | /dev/mapper/* | /dev/md*) ;;
    /dev/*)
        if [[ $(readlink -f "$1") != /dev/dm-* || $1 == /dev/dm-* ]]; then
            say "$2 names $DRIVE as $1, which may be another drive after a reboot: use UUID=... ($(right_line))"
            return
        fi
        ;;
    *)
        say "$2 names $DRIVE as $1, which is no drive that is found at boot: use UUID=... ($(right_line))"
        return
        ;;
    esac
    names_what_is_mounted "$1" ||
        say "$2 names $1 for $DRIVE, and that is not the file system that is mounted there now: the next boot would find another one, or none. Write: $(right_line)"
}

# Whether a name leads to the file system that is mounted as the drive.
names_what_is_mounted() {
    local device tag value
    device=$(findmnt -rnv -o SOURCE --mountpoint "$DRIVE" | tail -n 1)
    case $1 in
    UUID=*) tag=UUID ;;
    LABEL=*) tag=LABEL ;;
    PARTUUID=*) tag=PART_ENTRY_UUID ;;
    PARTLABEL=*) tag=PART_ENTRY_NAME ;;
    *)
        [[ $(stat -L -c %t:%T "$1" 2>/dev/null) == "$(stat -L -c %t:%T "$device" 2>/dev/null)" ]]
        return
        ;;
    esac
    value=$(blkid -p -s "$tag" -o value "$device" 2>/dev/null) || return 0
    value=${value,,}
    [[ $value == "$(from_fstab "${1#*=}" | tr '[:upper:]' '[:lower:]')" ]]
}

# A line for fstab that is right.
right_line() {
    local device id
    device=$(findmnt -rnv -o SOURCE --mountpoint "$DRIVE" | tail -n 1)
    id=$(blkid -p -s UUID -o value "$device" 2>/dev/null) || id=...
    say "UUID=$id $(fstab_word "$DRIVE") $(findmnt -rn -o FSTYPE --mountpoint "$DRIVE" | tail -n 1) defaults,nofail 0 2"
}

# After an upgrade of the kernel its modules are gone until the next boot.
against_no_loop_device() {
    losetup -f >/dev/null 2>&1 ||
        say "the kernel gives no loop device: sudo modprobe loop. If that fails, the kernel was upgraded since the last boot: sudo reboot, and run this again"
}

# What is written to an overlay, or to memory, is gone after the next boot, and k3s would be back on the old data.
against_root_that_forgets() {
    local folder type
    for folder in /etc "$(dirname "$TARGET")"; do
        type=$(findmnt -rn -o FSTYPE -T "$folder" | tail -n 1)
        case $type in
        overlay | overlayfs | aufs | tmpfs | ramfs | squashfs | erofs)
            say "$folder is on $type, which forgets what is written at the next boot: switch that off first (Raspberry Pi OS: sudo raspi-config nonint disable_overlayfs; else look for overlayroot), reboot, and run this again"
            return
            ;;
        esac
        if findmnt -rn -o OPTIONS -T "$folder" | tail -n 1 | grep -Eq '(^|,)ro(,|$)'; then
            say "$folder is mounted read-only: look for errors of the card in dmesg, or make it writable (sudo mount -o remount,rw /), in $FSTAB too"
            return
        fi
    done
}
