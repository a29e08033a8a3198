# shellcheck shell=bash
# A smaller image, or another drive, for data that is in an image already: only when --confirmed says so, and by way of the card,
# which is the truth in between. Cut there, this is a Pi that is not switched and has an unused copy of its card on the drive.

# Whether that was confirmed and is asked for.
anew() {
    [[ $CONFIRMED == yes ]] && switched && { [[ $(drive) != "$DRIVE" ]] || shrinks "$(image)"; }
}

shrinks() {
    [[ -e $1 ]] && ((SIZE < $(size_of "$1")))
}

# In the program's configuration, and to this script.
how_to_confirm() {
    say "confirm: [volume-${NODE:-NAME}] (--confirmed)"
}

# Beforehand all that the way to the card and the one back need: in between, nothing can be refused any more.
against_anew() {
    local old new
    old=$(image)
    new=$DRIVE/$IMAGE_NAME
    against_drive
    against_foreign_mounts "which the image cannot take over"
    if ! mountpoint -q "$DRIVE"; then
        :
    elif [[ -e $new && ! $new -ef $old ]]; then
        say "$new is there already and is not the image in use: move it away, or delete it when you are sure"
    else
        # The old image goes before the new one comes.
        against_room "$DRIVE" "$(held "$new")" "$SPARE"
    fi
    if [[ $(mounted) != image ]]; then
        say "$old is not mounted on $TARGET: run apply with the drive and size of before first, which repairs that"
        return
    fi
    against_unwell
    against_holders
    against_card
    against_losing_what_the_card_had
    against_filling "$(folder_bytes "$TARGET")"
    against_inodes
}

# It is set aside at the end of an adoption, and a restore writes over it.
against_losing_what_the_card_had() {
    [[ $(kept_role) == adopted ]] || return 0
    show_card
    [[ -z $(ls -A "$(bare_folder)") ]] ||
        say "what this card had before it adopted the image is not set aside yet: run apply with the drive and size of before first, to its end"
    hide_card
}

# One per 8192 bytes, as format has it.
against_inodes() {
    local used
    used=$(stat -f -c '%c %d' "$TARGET" | awk '{ print $1 - $2 }')
    ((used * 12 / 10 < SIZE / 8192)) ||
        say "k3s's data is $used files, too many for an image of $(mib "$SIZE"): ask for at least $(mib $((used * 8192 * 12 / 10 + MIB)))"
}

# Leaves a Pi that is not switched; apply continues from there.
by_way_of_the_card() {
    local old reasons
    old=$(image)
    # Those for a small file system would have k3s evict pods on a card that is nearly full.
    SETTINGS=leave restore
    [[ $old -ef $DRIVE/$IMAGE_NAME ]] ||
        say "$old stays as it is: it can be deleted once k3s runs from $DRIVE"
    # That took a while, and the drive may be gone by now.
    reasons=$(reasons_against_apply)
    [[ -z $reasons ]] || fail "${reasons//$'\n'/; }"
}

plan_anew() {
    if [[ $UNTIL == prepared ]]; then
        say "nothing yet: --until=switched brings the data to the card and makes the image anew"
        return
    fi
    say "stop k3s, bring its data ($(mib "$(used_bytes "$TARGET")")) back to the card, start k3s there"
    say "make $DRIVE/$IMAGE_NAME anew, $(mib "$SIZE"), every block reserved, and move the data into it as at the first time"
    [[ $(drive) == "$DRIVE" ]] || say "leave $(image) as it is"
}
