# shellcheck shell=bash
# What fills the card beside k3s's own data, on request: the kubelet's folder (emptyDir volumes) and the pods' logs are bound
# from the image. Their lines in fstab are there if and only if the image's copy is the truth, as with the main one.

place_of() {
    case $1 in
    kubelet) say /var/lib/kubelet ;;
    pod-logs) say /var/log/pods ;;
    esac
}

copy_of() {
    say "$TARGET/bound/$1"
}

# Names of the folders that fstab binds into the image.
bound() {
    local name
    for name in kubelet pod-logs; do
        [[ -z $(marked_line "$(place_of "$name")") ]] || say "$name"
    done
}

bind_line() {
    local how=bind,nofail,x-systemd.requires-mounts-for=$TARGET name
    # These mount memory over /var/log at boot, and would hide what is bound there before.
    if [[ $1 == pod-logs ]]; then
        for name in log2ram zram-config armbian-ramlog; do
            how+=,x-systemd.after=$name.service
        done
    fi
    say "$(copy_of "$1") $(place_of "$1") none $how,$(before_k3s) 0 0  $MARK"
}

is_bound() {
    mountpoint -q "$(place_of "$1")" && [[ $(device_of "$(place_of "$1")") == "$(device_of "$TARGET")" ]]
}

mount_bound() {
    local name
    for name in $(bound); do
        # With a full /run mount cannot note what it has mounted all the same.
        is_bound "$name" || mount "$(place_of "$name")" || is_bound "$name" || fail "$(place_of "$name") could not be bound into the image"
    done
}

# Arguments: options of umount.
unmount_bound() {
    local name
    for name in $(bound); do
        while mountpoint -q "$(place_of "$name")"; do
            timeout -k 5 "$UMOUNT_SECONDS" umount -c "$@" "$(place_of "$name")" || ! mountpoint -q "$(place_of "$name")" ||
                fail "$(place_of "$name") cannot be unmounted; $(holders "$(place_of "$name")")"
        done
    done
}

# Arguments: the names that shall be bound. Ends with k3s stopped when anything changed, and with k3s as it was otherwise.
bind_only() {
    local name had wanted
    had=$(bound)
    wanted=$(printf '%s\n' "$@" | sort -u)
    [[ $had != "$wanted" ]] || return 0
    stop_k3s
    unmount_bound
    for name in $had; do
        [[ " $* " == *" $name "* ]] || move "$(copy_of "$name")" "$(place_of "$name")"
    done
    for name in "$@"; do
        # An adopted image is never copied onto.
        [[ $'\n'$had$'\n' == *$'\n'"$name"$'\n'* || $(kept_role) == adopted && -d $(copy_of "$name") ]] ||
            move "$(place_of "$name")" "$(copy_of "$name")"
    done
    still_stopped
    commit "$@"
    reload_systemd
    mount_bound
    say "bound into the image: ${*:-nothing}"
}

move() {
    mkdir -p "$1" "$2"
    copy_stopped "$1" "$2"
}

# Once k3s was seen to be well: the copy that is not the truth goes, on the card or in the image.
free_copies() {
    local name
    for name in kubelet pod-logs; do
        if is_bound "$name"; then
            show_card "$(place_of "$name")"
            empty_card "$CARD/$(basename "$(place_of "$name")")"
            hide_card
        elif [[ $(mounted) == image && -d $(copy_of "$name") ]]; then
            rm -rf --one-file-system "$(copy_of "$name")"
        fi
    done
}

# systemd mounts nothing at a symbolic link, by hand it works: k3s, which needs the mount, would not start after the next boot.
against_links_to_bind() {
    local name link
    for name in $BIND; do
        link=$(link_above "$(place_of "$name")")
        [[ -z $link ]] ||
            say "$link is a symbolic link, at which systemd mounts nothing at boot: take $name out of bind (--bind), or put the folder itself there"
    done
}

# Bytes that would come into the image if these names were bound too.
binding_bytes() {
    local name bytes=0
    for name in "$@"; do
        is_bound "$name" || bytes=$((bytes + $(folder_bytes "$(place_of "$name")") - $(folder_bytes "$(copy_of "$name")")))
    done
    say "$bytes"
}

# Bytes that would come back to the card if only these names were bound.
unbound_bytes() {
    local name bytes=0
    for name in $(bound); do
        [[ " $* " == *" $name "* ]] || bytes=$((bytes + $(folder_bytes "$(copy_of "$name")")))
    done
    say "$bytes"
}
