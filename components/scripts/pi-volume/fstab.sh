# shellcheck shell=bash
# Lines of fstab, whose words write a space as \040.

# Argument: a path, or another word.
fstab_word() {
    local word=${1//\\/\\134}
    word=${word// /\\040}
    printf '%s\n' "${word//$'\t'/\\011}"
}

from_fstab() {
    # %b takes an octal number with a 0 in front.
    printf '%b\n' "${1//\\/\\0}"
}

# It is replaced as a whole, and while k3s is down: then it is too late to find that it cannot be.
against_fixed_fstab() {
    local file fixed
    file=$(readlink -m "$FSTAB")
    if [[ ! -f $file ]]; then
        say "$FSTAB is missing, where the image gets its line: sudo touch $file"
        return
    fi
    for fixed in "$file" "$(dirname "$file")"; do
        # i and a: neither may be replaced, nor may anything in a folder of that kind.
        ! lsattr -d "$fixed" 2>/dev/null | cut -d' ' -f1 | grep -q '[ia]' ||
            say "$fixed is locked (chattr +i or +a), and $FSTAB gets the image's line: sudo chattr -i -a $fixed"
    done
}

# Our line in fstab; nothing when the card is the truth.
our_line() {
    marked_line "$TARGET"
}

# Our line in fstab for a mount point. An editor may have ended it with spaces, or with CR as on another system.
marked_line() {
    awk -v target="$1" -v mark="$MARK" \
        '{ sub(/[ \t\r]+$/, "") } $1 !~ /^#/ && $2 == target && substr($0, length($0) - length(mark) + 1) == mark' "$FSTAB"
}

switched() {
    [[ -n $(our_line) ]]
}

# Source and options of each line of fstab for a mount point, as they are there.
fstab_of() {
    POINT=$1 awk '{ sub(/\r$/, "") } $1 !~ /^#/ && NF >= 2 {
        point = $2
        gsub(/\\040/, " ", point)
        gsub(/\\011/, "\t", point)
        gsub(/\\134/, "\\", point)
        if (length(point) > 1) sub(/\/+$/, "", point)
        if (point == ENVIRON["POINT"]) { gsub(/"/, "", $1); print $1, ($4 == "" ? "defaults" : $4) }
    }' "$FSTAB"
}
