# shellcheck shell=bash
# Goes into pi-volume.sh before it calls main: each simple command that writes finds the medium that it writes to full, once.
# /dev/shm/full has what is remembered from run to run:
#   scope     whose writes they are: those of the `job`, or of the `caller`, which starts it
#   mode      `fill`, or `record`, which fills nothing and notes the files as they were before each write
#   kind      what a full medium has none of: bytes or inodes
#   covered   the writes that have found it so, one per line: medium, command, and the functions that led there
#   last      the one of them that came last
#   left      exists when this run came by a write that has one more medium
#   versions  of each file that is watched, in a run that nothing happened to
# shellcheck disable=SC2016,SC2089,SC2090,SC2154 # patterns and a trap; VERB is the script's

full_begin() {
    [[ $(</dev/shm/full/scope) == "$1" ]] || return 0
    FULL_MODE=$(</dev/shm/full/mode) FULL_KIND=$(</dev/shm/full/kind)
    FULL_CARD=$(stat -c %d /etc) FULL_RUN=$(stat -c %d /run) FULL_DRIVE=$(stat -c %d /mnt/external)
    FULL_WORDS='^(mkdir|touch|mv|cp|rm|rmdir|sync|chmod|chattr|mkfifo|mkfs[.a-z0-9]*|fallocate|truncate|rsync|ln|tee|resize2fs|find .*-(exec|delete)) '
    # What mount and systemd write of themselves.
    FULL_TO_RUN='^(timeout .* )?((u?mount|systemd-run) |systemctl (--no-block )?"?(daemon-reload|start|stop|restart|\$1)\b)'
    # Preflight refuses what is full beforehand.
    FULL_ARMED=yes
    [[ $1 == caller || $VERB == restore ]] || FULL_ARMED=no
    set -T
    trap '[[ $FULL_ARMED == no ]] || ! [[ $BASH_COMMAND == *">"* || $BASH_COMMAND =~ $FULL_WORDS || $BASH_COMMAND =~ $FULL_TO_RUN ]] || full_at "$BASH_COMMAND" "$@"' DEBUG
}

# Arguments: a command, and those of the function that it is in. Its variables must not hide that function's.
full_at() {
    local full_text=${1//$'\n'/ } full_key full_words=() full_at
    shift
    # What ends a run finds the medium as it was when the run failed.
    [[ ! " ${FUNCNAME[*]} " =~ \ (fail|refuse|ended|say)\  ]] || return 0
    full_key=$full_text
    full_text=$(sed -E 's#[0-9]?>+ ?(/dev/null|&[0-9])##g' <<<"$full_text")
    [[ ! $full_text =~ ^([A-Za-z_]+=|\[\[|\(\(|local |for |case ) ]] || return 0
    if [[ $full_text =~ $FULL_TO_RUN ]]; then
        full_words=(/run)
    elif [[ $full_text == *">"* ]]; then
        mapfile -t full_words < <(eval "printf '%s\n' ${full_text##*>}" 2>/dev/null)
        full_words=("${full_words[0]-}")
    elif [[ $full_text =~ $FULL_WORDS ]]; then
        mapfile -t full_words < <(eval "printf '%s\n' $full_text" 2>/dev/null)
        [[ ! ${full_words[0]-} =~ ^(cp|rsync)$ ]] || full_words=("${full_words[-1]}")
    fi
    ((${#full_words[@]} > 0)) || return 0
    for ((full_at = 1; full_at < ${#FUNCNAME[@]}; full_at++)); do
        full_key+=" < ${FUNCNAME[full_at]}:${BASH_LINENO[full_at - 1]}"
    done
    # In a loop it is another write for each file.
    full_text=${full_words[-1]}
    [[ ! $full_text =~ [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} ]] || full_text=${full_text/"${BASH_REMATCH[0]}"/ID}
    full_write "$full_text $full_key" "$(for full_text in "${full_words[@]}"; do full_medium "${full_text#--*=}"; done | sort -u)"
}

# Prints which of the media a path is on, and nothing for another one.
full_medium() {
    local path=$1
    [[ $path == /* ]] || return 0
    until [[ -e $path ]]; do
        path=$(dirname "$path")
    done
    case $(stat -c %d "$path"):$path in
    "$FULL_CARD":*) echo card ;;
    "$FULL_RUN":*) echo run ;;
    "$FULL_DRIVE":*) echo drive ;;
    *:/var/lib/rancher* | *:/run/pi-volume/image* | *:/var/lib/kubelet* | *:/var/log/pods*) echo image ;;
    esac
}

# Arguments: the write, and the media that it writes to.
full_write() {
    local medium fill="" filled=""
    [[ ! -e /dev/shm/full/filled ]] || read -r filled _ </dev/shm/full/filled
    for medium in $2; do
        # The script makes no file in the image but the copies of k3s's.
        if [[ $FULL_KIND$medium == inodesimage ]]; then
            continue
        elif grep -Fxq -- "$medium $1" /dev/shm/full/covered; then
            continue
        elif [[ -n $fill ]]; then
            : >/dev/shm/full/left
            continue
        fi
        fill=$medium
        printf '%s\n' "$medium $1" >>/dev/shm/full/covered
        # To delete needs no room: what failed came before.
        [[ $1 == *" rm "* ]] || printf '%s\n' "$medium $1" >/dev/shm/full/last
        [[ $FULL_MODE == fill ]] || fill=""
    done
    if [[ $FULL_MODE == record ]]; then
        perl /dev/shm/full/versions.pl || true
    elif [[ $fill != "$filled" ]]; then
        [[ -z $filled ]] || bash /dev/shm/full/full.sh empty &>/dev/null
        [[ -z $fill ]] || bash /dev/shm/full/full.sh fill "$fill" "$FULL_KIND" &>/dev/null
    fi
}

eval "real_$(declare -f do_job)"
do_job() {
    full_begin job
    real_do_job
}
eval "real_$(declare -f run_job)"
run_job() {
    full_begin caller
    real_run_job "$@"
}
eval "real_$(declare -f preflight)"
preflight() {
    real_preflight
    FULL_ARMED=yes
}
