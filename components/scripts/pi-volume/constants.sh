# shellcheck shell=bash
# Names, places and limits that all parts share. A function, so that `declare -f` carries everything into the job (job.sh).
constants() {
    readonly TARGET=/var/lib/rancher         # above k3s's own folder: k3s-killall.sh unmounts what begins with .../k3s
    readonly MOUNT_UNIT=var-lib-rancher.mount
    readonly FSTAB=/etc/fstab
    readonly MARK='# pi-volume'              # ends our line in fstab; no other line is ever touched
    readonly IMAGE_NAME=k3s-data/k3s.ext4    # below the drive's mount point
    readonly UNITS=/etc/systemd/system
    readonly FSCK_UNIT=pi-volume-fsck.service
    readonly PLUG_RULE=/etc/udev/rules.d/90-pi-volume.rules
    readonly K3S_CONFIG=/etc/rancher/k3s
    readonly KEPT=/var/lib/pi-volume/image   # on the card: which image goes with it, and what it is
    readonly MOVED=/var/lib/pi-volume/moved  # on the card: bytes and seconds without k3s of the last switch
    readonly REPAIRED=/var/lib/pi-volume/repaired # on the card: the --repair of the last apply that came to its end
    readonly RUN=/run/pi-volume              # never /run/k3s*: k3s-killall.sh deletes that by prefix
    readonly STAGING=$RUN/image              # the image, while it is not the truth
    # The card's /var/lib without what is mounted on it. The job has one of its own, which is unmounted however it ends.
    case ${1-} in
    job | after) readonly CARD=$RUN/card.job ;;
    *) readonly CARD=$RUN/card.$$ ;;
    esac
    readonly STOPPED=$RUN/stopped            # exists while this script keeps k3s down
    readonly JOB=pi-volume.service
    readonly MIB=$((1024 * 1024))
    readonly SPARE=$((64 * MIB))             # left on the drive beside the image, for the drive's own metadata
    readonly CARD_SPARE=$((512 * MIB))       # left on the card by a restore
    readonly TERM_SECONDS=30                 # what Kubernetes gives a pod by default
    readonly HEALTH_SECONDS=180              # a k3s server on a Pi 4 needs about 60
    readonly SETTLE_SECONDS=5                # a k3s that dies of its data does so within seconds
    readonly DONE=0 REFUSED=10 ROLLED_BACK=20 UNFINISHED=30
}

say() {
    printf '%s\n' "$*"
}

# Nothing was changed: the one promise that exit code 10 makes.
refuse() {
    printf 'refused: %s\n' "$@" >&2
    exit "$REFUSED"
}

# The line in fstab says which copy is the truth, and so how a failure ends.
fail() {
    if switched; then
        printf 'failed: %s\nThe image stays the truth, the old copy is kept. Run the same command again.\n' "$*" >&2
        exit "$UNFINISHED"
    fi
    printf 'failed: %s\nk3s goes on with the data on the card. Run the same command again.\n' "$*" >&2
    exit "$ROLLED_BACK"
}

# Runs a phase and prints one line for it: what was done, and how long it took.
timed() {
    local what=$1 from=$EPOCHREALTIME
    shift
    "$@"
    say "$what ($(seconds_since "$from" 2) s)"
}

# Arguments: a moment of EPOCHREALTIME, and the number of decimals.
seconds_since() {
    awk -v a="$1" -v b="$EPOCHREALTIME" -v decimals="$2" 'BEGIN { printf "%.*f", decimals, b - a }'
}

# Writes standard input to a file so that a power cut leaves the old or the new one. Succeeds when it changed.
write_file() {
    local file=$1 folder
    folder=$(dirname "$file")
    mkdir -p "$folder"
    cat >"$file.pi-volume"
    if cmp -s "$file.pi-volume" "$file"; then
        rm "$file.pi-volume"
        return 1
    fi
    [[ ! -e $file ]] || chmod --reference="$file" "$file.pi-volume"
    sync "$file.pi-volume"
    mv "$file.pi-volume" "$file"
    # The folder may be new too: a drop-in was seen to vanish in a power cut although its file had been synced.
    sync -f "$folder"
}
