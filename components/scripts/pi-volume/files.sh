# shellcheck shell=bash
# Replaces files so that a full disk, a power cut or a kill leaves the old one or the new one, whole.

# Arguments: file, its text to the last byte, and the mode of a file that is new. Sets `changed` to yes or no. Ends the run when
# the file cannot be written; the file is then as it was.
write_file() {
    local file=$1 text=$2 mode=${3:-644} folder new error
    changed=no
    ! has_text "$file" "$text" || return 0
    folder=$(dirname "$file")
    new=$file.pi-volume
    # One chain: inside a condition bash switches `set -e` off, and would go on after a command that failed.
    error=$({
        mkdir -p "$folder" && rm -f "$new" && { [[ ! -e $file ]] || cp -a --attributes-only "$file" "$new"; } &&
            printf '%s' "$text" >"$new" && has_text "$new" "$text" && { [[ -e $file ]] || chmod "$mode" "$new"; } &&
            sync "$new" && mv -T "$new" "$file" &&
            # The folder may be new too: a drop-in was seen to vanish in a power cut although its file had been synced.
            sync -f "$folder"
    } 2>&1) || {
        rm -f "$new"
        fail "$file could not be written: ${error##*: }"
    }
    changed=yes
}

# Whether a file holds a text, and nothing else. The x keeps the newlines at its end.
has_text() {
    local text
    text=$(cat "$1" 2>/dev/null && printf x) && [[ $text == "$2x" ]]
}

# Arguments: file and a text without a newline at its end, which it gets.
write_lines() {
    write_file "$1" "$2"$'\n' "${3:-644}"
}

# One sentence per place that is too full to be written to: what this script has begun, it must be able to end.
against_full() {
    local folder seen="" device
    for folder in /etc "$UNITS" "$(dirname "$TARGET")"; do
        device=$(device_of "$folder")
        [[ " $seen " != *" $device "* ]] || continue
        seen+=" $device"
        against_too_little "the card ($folder)" "$folder" "$CARD_FREE"
    done
    against_too_little /run /run "$RUN_FREE"
}

# Arguments: a name for people, a folder, and the bytes that must be free.
against_too_little() {
    local free size inodes all
    read -r free size inodes all < <(stat -f -c '%a %S %d %c' "$2")
    free=$((free * size))
    ((free >= $3)) ||
        say "$1 has $(mib "$free") free, and $(mib "$3") are needed: free some first ($(advice_on_room "$2"))"
    # Some file systems count no inodes.
    ((all == 0 || inodes >= INODES_FREE)) ||
        say "$1 has $inodes inodes free, and $INODES_FREE are needed: delete some small files first"
}

advice_on_room() {
    if [[ $1 == /run ]]; then
        say "look with: du -xsh /run/*"
    else
        say "for example: sudo journalctl --vacuum-size=50M; sudo apt-get clean"
    fi
}
