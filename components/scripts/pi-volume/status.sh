# shellcheck shell=bash
# What is so, for people and for Pulumi, and what apply would do. Both change nothing.

# One line of JSON, far below 4 KB: the provider hangs on a long line.
status() {
    local file size=0 holds=0 state bare old=0 name problem problems=()
    file=$(image)
    state=$(mounted)
    name=$(service)
    if [[ -f $file ]]; then
        size=$(size_of "$file")
        holds=$(held "$file")
    fi
    show_card
    trap hide_card EXIT
    bare=$(bare_folder)
    [[ $state == none ]] || old=$(folder_bytes "$bare")
    mapfile -t problems < <(problems "$state" "$size" "$holds")
    printf '{"ok":%s,"phase":%s,"drive":%s,"image":{"path":%s,"id":%s,"bytes":%d,"heldBytes":%d,"heldPercent":%d},' \
        "$(truth test "${#problems[@]}" -eq 0)" "$(json "$(phase)")" "$(json "$(drive)")" \
        "$(json "$file")" "$(json "$(kept_id)")" "$size" "$holds" "$(percent "$holds" "$size")"
    printf '"usedPercent":%d,"inodesUsedPercent":%d,"mounted":%s,"service":%s,"serviceState":%s,"oldCopyBytes":%d,"running":%s,' \
        "$(used_percent "$TARGET" '%b %f')" "$(used_percent "$TARGET" '%c %d')" "$(json "$state")" "$(json "$name")" \
        "$(json "$([[ -z $name ]] || state_of "$name" ActiveState)")" "$old" "$(truth job_active)"
    printf '"movedBytes":%.0f,"downtimeSeconds":%.1f,' "$(moved 1)" "$(moved 2)"
    printf '"guards":%s,"problems":[%s]}\n' "$(json "$(guards_hash)")" \
        "$(for problem in "${problems[@]:0:8}"; do json "$problem"; done | paste -sd, -)"
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
    { our_line; cat "$UNITS/$FSCK_UNIT" "${files[@]}" 2>&1 || true; } | sha256sum | cut -c1-16
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

# One sentence per thing that apply would mend, or that needs a hand.
problems() {
    local guard
    if ! switched; then
        if [[ $(kept_role) =~ ^(live|adopted)$ ]]; then
            say "the line is gone from $FSTAB, though the image is the truth: apply --existing=adopt"
        fi
        return 0
    fi
    for guard in $(broken_guards); do
        say "a guard is missing or changed: $guard"
    done
    case $1 in
    none) say "the image is not mounted" ;;
    dead) say "the drive went away below the mount, or ext4 found an error" ;;
    foreign) say "something else is mounted on $TARGET" ;;
    image)
        (($3 >= $2)) || say "the image lost $(mib $(($2 - $3))) of its blocks: the drive may give them to others"
        (($(used_percent "$TARGET" '%b %f') < 95)) || say "the image is nearly full"
        (($(used_percent "$TARGET" '%c %d') < 95)) || say "the image has nearly no inodes left"
        ;;
    esac
    if [[ -n $(service) && $(state_of "$(service)" ActiveState) != active ]]; then
        say "$(service) is $(state_of "$(service)" ActiveState)"
    fi
}

# Every refusal, or every step that is left.
plan() {
    local reasons
    reasons=$(reasons_against_apply)
    if [[ -n $reasons ]]; then
        printf 'apply would refuse: %s\n' "${reasons//$'\n'/$'\n'apply would refuse: }"
        exit "$REFUSED"
    fi
    if switched; then
        plan_repair
    elif adopting; then
        say "adopt $(image) as it is: k3s stops, the image is mounted on $TARGET, k3s starts; nothing is copied onto it"
    else
        plan_move
    fi
    [[ $UNTIL != finalized ]] || plan_finalize
}

plan_move() {
    [[ -e $(image) ]] || say "make $(image), $(mib "$SIZE"), every block reserved"
    say "copy $(mib "$(folder_bytes "$TARGET")") of k3s's data into it while k3s runs"
    [[ $UNTIL == prepared ]] || say "stop k3s, copy what changed, mount the image on $TARGET by a line in $FSTAB, start k3s"
}

plan_repair() {
    local found
    mapfile -t found < <(problems "$(mounted)" "$(size_of "$(image)" 2>/dev/null || say 0)" "$(held "$(image)")")
    ((${#found[@]} == 0)) || printf 'repair: %s\n' "${found[@]}"
    if [[ -e $(image) ]] && ((SIZE > $(size_of "$(image)"))); then
        say "grow the image from $(mib "$(size_of "$(image)")") to $(mib "$SIZE")"
    fi
}

plan_finalize() {
    if adopting; then
        say "set aside what k3s had on the card"
    elif ! { switched && [[ $(phase_of_plan) == finalized ]]; }; then
        say "free the card of the old copy once k3s is healthy"
    fi
}

phase_of_plan() {
    show_card
    phase
    hide_card
}
