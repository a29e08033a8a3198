#!/bin/bash
# Fills a medium of a host to its last byte, or to its last inode, and empties it again. It keeps its own notes in a tmpfs of their own.
#   full.sh ballast        takes most inodes of the card and the drive, so that the rest is quickly taken
#   full.sh fill card|run|drive|image bytes|inodes
#   full.sh empty
set -u
notes=/dev/shm/full

# Where a filler may lie: the script copies and compares nothing there.
place_of() {
    case $1 in
    card) echo /filler ;;
    run) echo /run/filler ;;
    drive) echo /mnt/external/filler ;;
    image) echo "$(mountpoint -q /run/pi-volume/image && echo /run/pi-volume/image || echo /var/lib/rancher)/lost+found/filler" ;;
    esac
}

# To root the reserved blocks are free too; only what a commit of the journal gives back comes later.
fill_bytes() {
    local file=$1 block
    sync -f "$(dirname "$file")"
    fallocate -l "$(stat -f -c '%a*%S' "$(dirname "$file")" | { IFS='*' read -r count size; echo $((count * size)); })" "$file"
    for block in 1M 4k 1; do
        dd if=/dev/zero of="$file" bs=$block oflag=append conv=notrunc status=none
    done
    sync -f "$(dirname "$file")"
}

# A tmpfs has as many inodes as it is told. An ext4 gets files, most of which are there for good (ballast).
fill_inodes() {
    if [ "$1" = run ]; then
        mount -o "remount,nr_inodes=$(stat -f -c '%c %d' /run | { read -r all free; echo $((all - free)); })" /run
    else
        mkdir -p "$2"
        seq -f "$2/%g" "$(stat -f -c %d "$2")" | xargs touch
    fi
}

case $1 in
ballast)
    for place in /ballast /mnt/external/ballast; do
        [ ! -e $place ] || continue
        mkdir $place
        seq -f "$place/%g" $(($(stat -f -c %d $place) - 600)) | xargs touch
    done
    ;;
fill)
    echo "$2 $3" >$notes/filled
    if [ "$3" = inodes ]; then
        fill_inodes "$2" "$(place_of "$2")"
    else
        fill_bytes "$(place_of "$2")"
    fi
    ;;
empty)
    # A run that ended has unmounted its image.
    if grep -qs image $notes/filled && ! mountpoint -q /run/pi-volume/image && ! mountpoint -q /var/lib/rancher; then
        mkdir -p $notes/image
        mount -o loop /mnt/external/k3s-data/k3s.ext4 $notes/image
        rm -rf $notes/image/lost+found/filler
        umount $notes/image
    fi
    rm -rf /filler /run/filler /mnt/external/filler /run/pi-volume/image/lost+found/filler /var/lib/rancher/lost+found/filler
    mount -o remount,nr_inodes=800k /run
    rm -f $notes/filled
    ;;
esac
exit 0
