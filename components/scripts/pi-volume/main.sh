# shellcheck shell=bash
# What was asked for. The last part: it calls main.

usage() {
    cat <<'TEXT'
pi-volume.sh apply   --drive=/mnt/NAME --size=20G [--until=prepared|switched|finalized] [OPTION...]
pi-volume.sh plan    the same arguments; says what apply would do
pi-volume.sh status  --drive=/mnt/NAME; one line of JSON
pi-volume.sh restore brings the data back to the card
pi-volume.sh abandon --confirmed; gives the image up and lets k3s begin anew on the card, when the drive is dead
Options: --node=NAME (k3s is well when this node is Ready)  --existing=refuse|adopt  --verify=quick|full  --reserve=fallocate|zeros
         --bind=kubelet,pod-logs (these folders too)  --k3s-settings=fit|leave (for a small file system)
         --repair=TEXT (kept when all is done, and told by status)
         --confirmed (a smaller size or another drive, for data that is in an image, goes by way of the card)
Exit codes: 0 done, 10 refused and nothing changed, 20 failed and k3s runs from the card, 30 failed after the switch: run again
TEXT
}

parse() {
    local argument value
    VERB=${1-} NODE="" DRIVE="" SIZE="" REPAIR="" CONFIRMED=no
    UNTIL=finalized EXISTING=refuse VERIFY=quick RESERVE=fallocate BIND="" SETTINGS=leave
    for argument in "${@:2}"; do
        value=${argument#*=}
        case $argument in
        --node=*) NODE=$value ;;
        --drive=*) DRIVE=$value ;;
        --size=*) SIZE=$(bytes "$value") ;;
        --until=prepared | --until=switched | --until=finalized) UNTIL=$value ;;
        --bind= | --bind=kubelet | --bind=pod-logs | --bind=kubelet,pod-logs) BIND=${value/,/ } ;;
        --k3s-settings=fit | --k3s-settings=leave) SETTINGS=$value ;;
        --repair=*) REPAIR=$value ;;
        --confirmed) CONFIRMED=yes ;;
        --existing=refuse | --existing=adopt) EXISTING=$value ;;
        --verify=quick | --verify=full) VERIFY=$value ;;
        --reserve=fallocate | --reserve=zeros) RESERVE=$value ;;
        *) refuse "$argument is not known"$'\n'"$(usage)" ;;
        esac
    done
    case $VERB in
    apply | plan)
        needs_drive
        [[ -n $SIZE ]] || refuse "$VERB needs --size, for example --size=20G"
        ;;
    status) needs_drive ;;
    restore | abandon) ;;
    *) refuse "${VERB:-no verb} is not one of apply, plan, status, restore, abandon"$'\n'"$(usage)" ;;
    esac
}

# Letters that can be written in fstab, in a unit and for a shell: no quote, and nothing that one of them replaces. config/nodes.ts
# has the same rule.
needs_drive() {
    local forbidden='[][:cntrl:]"'"'"'\$`%*?[{}<>|;#!&,]'
    [[ $DRIVE =~ ^(/[^/]+)+$ && ! $DRIVE =~ $forbidden && ! $DRIVE/ =~ /\.\.?/ && $DRIVE != *' ' ]] ||
        refuse "--drive=$DRIVE is not a mount point such as /mnt/external: from /, without a / or a space at the end, without . or .. as a part, and without any of \" ' \\ \$ \` % * ? [ ] { } < > | ; # ! & ,"
}

# 20G or 512M, in powers of 1024.
bytes() {
    [[ $1 =~ ^([1-9][0-9]{0,6})([MG])$ ]] || refuse "--size=$1 is not a whole number of M or G, such as 20G"
    local factor=$MIB
    [[ ${BASH_REMATCH[2]} == M ]] || factor=$((1024 * MIB))
    # ext4 with a journal, inodes and some room for k3s.
    ((BASH_REMATCH[1] * factor >= 64 * MIB)) || refuse "--size=$1 is too small for k3s's data: at least 64M"
    say $((BASH_REMATCH[1] * factor))
}

main() {
    set -euo pipefail
    shopt -s inherit_errexit
    umask 022
    # The system's own programs first, and the same ones for whoever calls: their paths are in the units.
    export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin${PATH:+:$PATH}
    constants "${1-}"
    case ${1-} in
    after)
        SERVICE="" BIND=""
        after_job "$2"
        return
        ;;
    job) parse "${@:2}" ;;
    *) parse "$@" ;;
    esac
    ((EUID == 0)) || refuse "only root can mount and stop k3s: call it with sudo -n"
    find_service
    wake_drive
    case ${1-}:$VERB in
    job:*) do_job ;;
    *:status | *:plan) "$VERB" ;;
    *) run_job "$@" ;;
    esac
}

# Children would eat the rest of a script that comes on standard input.
main "$@" </dev/null
