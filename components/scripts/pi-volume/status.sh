# shellcheck shell=bash
# What is so, for people and for Pulumi, and what apply would do. Both change nothing.

# One line of JSON, far below 4 KB: the provider hangs on a long line.
status() {
    local file size=0 holds=0 state bare old=0 problems warnings blocked
    file=$(image)
    state=$(mounted)
    if [[ -f $file ]]; then
        size=$(size_of "$file")
        holds=$(held "$file")
    fi
    show_card
    trap hide_card EXIT
    bare=$(bare_folder)
    [[ $state == none ]] || old=$(folder_bytes "$bare")
    mapfile -t problems < <(problems "$state" "$size" "$holds")
    mapfile -t warnings < <(warnings "$state")
    mapfile -t blocked < <(blocked "$state")
    printf '{"ok":%s,"phase":%s,"drive":%s,"image":{"path":%s,"id":%s,"bytes":%d,"heldBytes":%d,"heldPercent":%d},' \
        "$(truth test $((${#problems[@]} + ${#warnings[@]} + ${#blocked[@]})) -eq 0)" "$(json "$(phase)")" "$(json "$(drive)")" \
        "$(json "$file")" "$(json "$(kept_id)")" "$size" "$holds" "$(percent "$holds" "$size")"
    printf '"usedPercent":%d,"inodesUsedPercent":%d,"mounted":%s,"service":%s,"serviceState":%s,"oldCopyBytes":%d,"running":%s,' \
        "$(used_percent "$TARGET" '%b %f')" "$(used_percent "$TARGET" '%c %d')" "$(json "$state")" "$(json "$SERVICE")" \
        "$(json "$(state_of "$SERVICE" ActiveState)")" "$old" "$(truth job_active)"
    printf '"movedBytes":%.0f,"downtimeSeconds":%.1f,' "$(moved 1)" "$(moved 2)"
    printf '"bound":[%s],' "$(mapfile -t bound < <(bound) && json_list "${bound[@]}")"
    printf '"guards":%s,"repaired":%s,"problems":[%s],"warnings":[%s],"blocked":[%s]}\n' "$(json "$(guards_hash)")" \
        "$(json "$(cat "$REPAIRED" 2>/dev/null)")" "$(json_list "${problems[@]:0:8}")" "$(json_list "${warnings[@]}")" "$(json_list "${blocked[@]:0:4}")"
}

json_list() {
    local text
    for text in "$@"; do
        json "$text"
    done | paste -sd, -
}

# Bytes (1) or seconds without k3s (2) of the last switch; 0 when there was none.
moved() {
    [[ ! -e $MOVED ]] || cut -d' ' -f"$1" "$MOVED"
    [[ -e $MOVED ]] || say 0
}

truth() {
    if "$@"; then
        say true
    else
        say false
    fi
}

json() {
    local text=${1:0:300}
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    printf '"%s"\n' "${text//[[:cntrl:]]/ }"
}

# Whole percents that are held; 100 means every block.
percent() {
    if (($2 == 0)); then
        say 0
    else
        say $(($1 >= $2 ? 100 : 100 * $1 / $2))
    fi
}

guards_hash() {
    local files
    mapfile -t files < <(drop_in_files)
    { our_line; cat "$UNITS/$FSCK_UNIT" "${files[@]}" "$PLUG_RULE" 2>&1 || true; } | sha256sum | cut -c1-16
}

phase() {
    local file
    file=$(image)
    if switched; then
        if [[ $(mounted) != image ]]; then
            say committed
        elif [[ -n $(ls -A "$(bare_folder)") ]]; then
            say running
        else
            say finalized
        fi
    elif [[ -e $STOPPED ]]; then
        say stopped
    elif [[ -e $file ]]; then
        case $(kept_role) in
        copy) say prepared ;;
        empty) say formatted ;;
        *) say unknown-image ;;
        esac
    elif [[ -e $file.partial ]]; then
        say allocated
    else
        say none
    fi
}

# One sentence per thing that apply would repair. Arguments: what is mounted, the image's bytes, and how many it holds.
problems() {
    local guard name
    if ! switched; then
        if [[ $(kept_role) =~ ^(live|adopted)$ ]]; then
            say "the line is gone from $FSTAB, though the image is the truth: apply --existing=adopt"
        else
            say "k3s's data is on the card"
        fi
        return 0
    fi
    for guard in $(broken_guards); do
        say "a guard is missing or changed: $guard"
    done
    case $1 in
    none) say "the image is not mounted" ;;
    dead) say "the drive went away below the mount, or ext4 found an error" ;;
    image)
        (($3 >= $2)) || say "the image lost $(mib $(($2 - $3))) of its blocks: the drive may give them to others"
        for name in $(bound); do
            is_bound "$name" || say "$(place_of "$name") is not bound into the image"
        done
        [[ -z $(ls -A "$(bare_folder)") ]] || say "the old copy is still on the card"
        ;;
    esac
    if [[ -n $SERVICE && $(state_of "$SERVICE" ActiveState) != active ]] && ! off_on_purpose; then
        say "$SERVICE is $(state_of "$SERVICE" ActiveState)"
    fi
}

# One sentence per thing that apply would refuse to touch until somebody acts. Argument: what is mounted.
blocked() {
    local line
    [[ -z $DOUBT ]] || say "$DOUBT"
    switched || return 0
    [[ $1 != foreign ]] || say "$(mounted_source) is mounted over the image on $TARGET: unmount it"
    foreign_mounts | while read -r line; do
        say "$line hides a part of the image: stop k3s, unmount it, and mount it outside $TARGET"
    done
    [[ $(drive) != "$DRIVE" ]] || ! mountpoint -q "$DRIVE" || systemd-detect-virt --quiet --container || found_at_boot
}

# What only a larger size, or less data, would repair. k3s evicts pods at 95 %.
warnings() {
    local percent
    [[ $1 == image ]] || return 0
    percent=$(used_percent "$TARGET" '%b %f')
    ((percent < 90)) || say "the image is nearly full: $percent % used"
    percent=$(used_percent "$TARGET" '%c %d')
    ((percent < 90)) || say "the image has nearly no inodes left: $percent % used"
}

# Every refusal, or every step that is left.
plan() {
    local reasons
    reasons=$(reasons_against_apply)
    if [[ -n $reasons ]]; then
        printf 'apply would refuse: %s\n' "${reasons//$'\n'/$'\n'apply would refuse: }"
        exit "$REFUSED"
    fi
    if anew; then
        plan_anew
    elif switched; then
        plan_repair
    elif adopting; then
        say "adopt $(image) as it is: k3s stops, the image is mounted on $TARGET, k3s starts; nothing is copied onto it"
        say "set aside what k3s had on the card"
    else
        plan_move
    fi
}

plan_move() {
    [[ -e $(image) && $(size_of "$(image)") == "$SIZE" ]] || say "make $(image), $(mib "$SIZE"), every block reserved"
    say "copy $(mib "$(folder_bytes "$TARGET")") of k3s's data into it while k3s runs"
    [[ $UNTIL == prepared ]] || say "stop k3s, copy what changed, mount the image on $TARGET by a line in $FSTAB, start k3s"
    [[ $UNTIL != finalized ]] || say "free the card of the old copy once k3s is healthy"
}

plan_repair() {
    local found
    show_card
    trap hide_card EXIT
    mapfile -t found < <(problems "$(mounted)" "$(size_of "$(image)" 2>/dev/null || say 0)" "$(held "$(image)")")
    ((${#found[@]} == 0)) || printf 'repair: %s\n' "${found[@]}"
    if [[ -e $(image) ]] && ((SIZE > $(size_of "$(image)"))); then
        say "grow the image from $(mib "$(size_of "$(image)")") to $(mib "$SIZE")"
    fi
}
