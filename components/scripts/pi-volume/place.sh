# shellcheck shell=bash
# Where k3s keeps its data: what the running process shows, and what the next start would take. k3s takes an argument before
# the environment, and that before its files (docs.k3s.io/installation/configuration).

# Prints a sentence when k3s's data is not in the folder that the image takes the place of.
against_other_place() {
    local place how folder=$TARGET/k3s link runs_there=no
    link=$(link_above "$folder")
    if [[ -n $link ]]; then
        say "$link is a symbolic link, so k3s's data is in $(realpath -m "$folder"), and would not move. $(how_to_replace "$link")"
        return
    fi
    against_links_inside
    while IFS=$'\t' read -r place how; do
        if [[ -z $place ]]; then
            continue
        elif [[ $(realpath -m "$place") == "$folder" ]]; then
            [[ $how != process* ]] || runs_there=yes
        # To bring nothing there, or what is older, would be the loss of what is there.
        elif [[ $runs_there == yes || ! -d $place/server && ! -d $place/agent ]]; then
            say "k3s keeps its data in $place from its next start on ($how), and now it is in $folder: take that setting out, and run this again"
            return
        else
            say "k3s keeps its data in $place ($how), not in $folder. $(how_to_move "$place")"
            return
        fi
    done < <(places)
    against_missing_data
}

# The first part of a path that is a symbolic link.
link_above() {
    local path=$1 found=""
    while [[ $path != / ]]; do
        [[ ! -L $path ]] || found=$path
        path=$(dirname "$path")
    done
    printf '%s' "$found"
}

# k3s's installer brings k3s-killall.sh, and Ansible's roles do not: a reboot ends all pods then.
how_to_stop() {
    if [[ -n $(type -P k3s-killall.sh) ]]; then
        printf 'sudo systemctl stop %s && sudo k3s-killall.sh' "${SERVICE:-k3s}"
    else
        printf 'sudo systemctl disable %s && sudo reboot' "${SERVICE:-k3s}"
    fi
}

how_to_start() {
    printf 'start k3s'
    [[ -n $(type -P k3s-killall.sh) ]] || printf ' (sudo systemctl enable --now %s)' "${SERVICE:-k3s}"
}

# Steps that lose nothing; after a copy that failed, nothing else is done. A link stays at the old place, for the cluster remembers
# the paths of its volumes. k3s-killall.sh knows the pods of the usual place only; a reboot ends all.
how_to_move() {
    local aside="" old=" && sudo mv $1 $1.old"
    ! mountpoint -q "$1" || old="; mount what is mounted on $1 at another place instead, in $FSTAB too, such as /mnt/old; sudo rmdir $1"
    # Two clusters' files in one folder would be neither.
    [[ ! -e $TARGET/k3s ]] || aside="sudo mv $TARGET/k3s $TARGET.k3s.old; "
    say "To bring it there: stop k3s and its pods (sudo systemctl disable $SERVICE && sudo reboot); ${aside}sudo mkdir -p $TARGET/k3s &&" \
        "sudo rsync -aHAX --numeric-ids $1/ $TARGET/k3s/$old && sudo ln -s $TARGET/k3s $1; start k3s (sudo systemctl enable --now $SERVICE)," \
        "look at your pods, and run this again ($DOC)"
}

# The same for a link at the place itself. Argument: the link.
how_to_replace() {
    local end old
    end=$(realpath -m "$1")
    if [[ -f $end ]]; then
        say "To bring it there: stop k3s ($(how_to_stop)); sudo cp -a $end $1.new && sudo mv -T $1.new $1;" \
            "$(how_to_start), look at your pods, and run this again ($DOC)"
        return
    fi
    old=" && sudo mv $end $end.old && sudo ln -s $1 $end"
    ! mountpoint -q "$end" || old=""
    say "To bring it there: stop k3s ($(how_to_stop));" \
        "sudo rsync -aHAX --numeric-ids $end/ $1.new/ && sudo rm $1 && sudo mv $1.new $1$old;" \
        "$(how_to_start), look at your pods, and run this again ($DOC)"
}

# A link inside the data whose end is outside: what is there would stay where it is, on the card perhaps. What a pod has linked in
# its own volume is none: its end is in the pod's container.
against_links_inside() {
    local link end
    [[ -d $TARGET ]] || return 0
    while read -r -d '' link; do
        link=$TARGET/$link
        end=$(timeout 5 realpath -e "$link" 2>/dev/null) || continue
        [[ $end == "$TARGET"/* ]] ||
            say "$link is a symbolic link to $end, which would not move. $(how_to_replace "$link")"
    done < <(without_mounts "$TARGET" find . -maxdepth 4 \( -path ./bound -o -path './k3s/storage/*/*' \) -prune -o -type l -printf '%P\0' 2>/dev/null)
}

# k3s ran here once, and its data is not there: what would move is an empty folder.
against_missing_data() {
    [[ ! -d $TARGET/k3s/server && ! -d $TARGET/k3s/agent ]] || return 0
    if [[ $(state_of "$SERVICE" ActiveState) == active ]]; then
        say "$SERVICE runs, and $TARGET/k3s holds no data of it: find out where it keeps its data first (sudo ls -l /proc/$(state_of "$SERVICE" MainPID)/fd)"
    elif [[ -n $SERVICE && -e $PASSWORD ]] && ! adopting; then
        say "k3s ran on this Pi before ($PASSWORD is there), and $TARGET/k3s holds no data: look for it (another mount point, another folder, the image on its drive). If k3s is to begin anew here, start it first"
    fi
}

# One line per place that k3s has, or will have after its next start: the path, a tab, and how that is known.
places() {
    local pid exe place
    for pid in $(k3s_processes); do
        exe=$(readlink "/proc/$pid/exe") || continue
        # k3s unpacks itself there, and becomes that program.
        [[ $exe != */data/*/bin/* ]] || printf '%s\tthe program of process %s\n' "${exe%/data/*/bin/*}" "$pid"
        # It may run what another data folder has unpacked: what it has open is its own.
        # k3s closes files while they are looked at: find then fails, and what is said below must not be lost by that.
        { find "/proc/$pid/fd" -printf '%l\n' 2>/dev/null || true; } |
            sed -nE "s#^(/.*)/(server/db|agent/containerd)/.*#\\1\tprocess $pid#p" | sort -u
    done
    [[ -n $SERVICE ]] || return 0
    place=$(configured data-dir d K3S_DATA_DIR)
    [[ -z $place ]] || printf '%s\n' "$place"
}

# A setting of k3s as its next start takes it, a tab, and where it is. Arguments: its long name, its letter, its variable.
configured() {
    local value file
    value=$(argument_of "$1" "$2")
    if [[ -n $value ]]; then
        printf '%s\t--%s, in %s.service\n' "$(at_home "$value")" "$1" "$SERVICE"
        return
    fi
    value=$(service_environment | sed -n "s/^$3=//p" | tail -n 1)
    if [[ -n $value ]]; then
        printf '%s\t%s, in the environment of %s.service\n' "$(at_home "$value")" "$3" "$SERVICE"
        return
    fi
    while read -r file; do
        value=$(yaml_value "$file" "$1" "$2")
        [[ -z $value ]] || printf '%s\t%s, in %s\n' "$(at_home "$value")" "$1" "$file"
    done < <(config_files) | tail -n 1
}

# k3s reads a tilde and $HOME itself, as root's.
at_home() {
    local path=$1
    path=${path/#\~/\/root}
    path=${path//\$\{HOME\}/\/root}
    printf '%s' "${path//\$HOME/\/root}"
}

# The value of an argument in the service's command line, the last one if there are several; variables replaced.
argument_of() {
    local words value="" name at
    mapfile -t words < <(command_of "$SERVICE" | with_variables | tr -d "\"'" | tr -s ' ' '\n')
    for ((at = 0; at < ${#words[@]}; at++)); do
        for name in "-$1" "--$1" ${2:+"-$2"}; do
            case ${words[at]} in
            "$name") value=${words[at + 1]-} ;;
            "$name="*) value=${words[at]#*=} ;;
            esac
        done
    done
    printf '%s' "$value"
}

# Replaces $NAME and ${NAME} in standard input by the service's environment.
with_variables() {
    local text line name
    text=$(cat)
    while IFS= read -r line; do
        name=${line%%=*}
        [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
        text=${text//"\${$name}"/"${line#*=}"}
        text=${text//"\$$name"/"${line#*=}"}
    done < <(service_environment | sort -r)
    printf '%s\n' "$text"
}

# NAME=VALUE of the service's unit and of its environment files, which win; one per line.
service_environment() {
    local file
    systemctl show -p Environment --value "$SERVICE" | grep -Eo '"[^"]*"|[^ "]+' | tr -d '"' || true
    # shellcheck disable=SC2013,SC2046 # a pattern, as systemd allows it
    for file in $(systemctl show -p EnvironmentFiles --value "$SERVICE" | sed 's/ (ignore_errors=.*)$//'); do
        [[ ! -r $file ]] || sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' "$file" |
            sed -nE 's/^[[:space:]]*(export )?([A-Za-z_][A-Za-z0-9_]*)=(.*[^[:space:]])[[:space:]]*$/\2=\3/p' |
            sed -E "s/=([\"'])(.*)\\1\$/=\\2/"
    done
}

# The files that k3s reads, in the order it reads them.
config_files() {
    local file
    file=$(argument_of config c)
    [[ -n $file ]] || file=$(service_environment | sed -n 's/^K3S_CONFIG_FILE=//p' | tail -n 1)
    file=${file:-$K3S_CONFIG/config.yaml}
    [[ ! -e $file ]] || say "$file"
    find "$file.d" -maxdepth 1 \( -name '*.yaml' -o -name '*.yml' \) 2>/dev/null | sort
}

# The value of a key at the top of a YAML or JSON file, as far as a path may be written: quoted or not, on its line or on the
# next one, in a list. Arguments: file, key, and its short form.
yaml_value() {
    KEY=$2 SHORT=$3 awk '
        # An editor on Windows writes a mark before the first line.
        NR == 1 { sub(/^\357\273\277/, "") }
        { sub(/\r$/, "") }
        # A file in braces has all on one line, or one key per line.
        /^[[:space:]]*\{/ { flow = 1 }
        flow { gsub(/[{},]/, "\n") }
        { count = split($0, part, "\n"); for (i = 1; i <= count; i++) line(part[i]) }
        function line(text, key, value) {
            if (text ~ /^[[:space:]]*(#|$)/) return
            if (pending) { pending = 0; found = clean(text); return }
            if (!match(text, /:([[:space:]]|$)/)) return
            key = substr(text, 1, RSTART - 1)
            gsub(/[[:space:]"'\'']/, "", key)
            sub(/\+$/, "", key)
            if (key != ENVIRON["KEY"] && key != ENVIRON["SHORT"]) return
            value = clean(substr(text, RSTART + 1))
            if (value ~ /^[|>][+-]?$/ || value == "") pending = 1
            else found = value
        }
        function clean(text) {
            sub(/^[[:space:]]*(-[[:space:]]+|\[[[:space:]]*)?/, "", text)
            if (text ~ /^"/) { sub(/^"/, "", text); sub(/".*/, "", text) }
            else if (text ~ /^'\''/) { sub(/^'\''/, "", text); sub(/'\''.*/, "", text) }
            else { sub(/[[:space:]]+#.*/, "", text); sub(/[][:space:]]+$/, "", text) }
            return text
        }
        END { printf "%s", found }' "$1"
}
