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
    # `k3s server`, `/usr/local/bin/k3s-arm64 --debug agent`, and the program that k3s unpacks and becomes.
    readonly K3S_COMMAND='^((/[^ ]*/)?(ba|da)?sh )?([^ ]*/)?(k3s[^ /]*( -[^ ]+)* (server|agent)|k3s-(server|agent)) '
    # The same in a unit, where another program may start it: `sh -c "exec k3s server"`, `nice -n 5 k3s agent`.
    readonly K3S_WRAPPED='(^|exec |/?(nice|ionice|taskset|chrt|env|numactl|systemd-inhibit) ([^ ]+ )*)([^ ]*/)?k3s[^ /]*( -[^ ]+)* (server|agent) '
    readonly KEPT=/var/lib/pi-volume/image   # on the card: which image goes with it, and what it is
    readonly PASSWORD=/etc/rancher/node/password # k3s makes it at its first start, and its server remembers a hash of it
    readonly KEPT_PASSWORD=$TARGET/.pi-volume/node-password # a copy of it, in the image
    readonly NODE_ID=/etc/rancher/node/id    # the end of this node's name, where k3s runs with --with-node-id
    readonly KEPT_NODE_ID=$TARGET/.pi-volume/node-id # a copy of it, in the image
    readonly PASSWORD_DUE=/var/lib/pi-volume/password-due # on the card, until an adoption has put the image's password back
    readonly MOVED=/var/lib/pi-volume/moved  # on the card: bytes and seconds without k3s of the last switch
    readonly REPAIRED=/var/lib/pi-volume/repaired # on the card: the --repair of the last apply that came to its end
    readonly RUN=/run/pi-volume              # never /run/k3s*: k3s-killall.sh deletes that by prefix
    readonly STAGING=$RUN/image              # the image, while it is not the truth
    # The card's /var/lib without what is mounted on it. The job has one of its own, which is unmounted however it ends.
    case ${1-} in
    job | after) readonly CARD=$RUN/card.job ;;
    *) readonly CARD=$RUN/card.$$ ;;
    esac
    readonly STOPPED=$RUN/stopped            # exists while this script keeps k3s down; holds the name of its service
    readonly RESERVE_FILE=$RUN/reserve       # deleted when a run fails, so that its words have room in a full /run
    readonly JOB=pi-volume.service
    readonly DOC='docs/volumes.md: what your Pi may look like'
    readonly MIB=$((1024 * 1024))
    readonly SPARE=$((64 * MIB))             # left on the drive beside the image, for the drive's own metadata
    readonly CARD_SPARE=$((512 * MIB))       # left on the card by a restore
    readonly CARD_FREE=$((16 * MIB))         # what apply and restore write on the card is below 1 MiB; the rest is for k3s and the log
    readonly RUN_FREE=$((17 * MIB))          # systemd reloads nothing with less than 16 MiB in /run (RELOAD_DISK_SPACE_MIN)
    readonly INODES_FREE=256
    readonly WAKE_SECONDS=10                 # for a drive that is mounted when it is used; its status has 20 in all
    readonly TERM_SECONDS=30                 # what Kubernetes gives a pod by default
    readonly GRACE_SECONDS=300               # the longest grace period of a pod that is waited for
    readonly STOP_SECONDS=180                # for systemd to stop k3s: it kills a service after 90 by default
    readonly UMOUNT_SECONDS=60               # an NFS server that is gone answers never
    readonly CHECK_SECONDS=1800              # for a check of the whole image; Debian 11's e2fsck hangs on an image that was cut short
    readonly SORT_MEMORY=32M                 # for each of the two listings that are compared: a Pi may have 512 MB
    readonly HEALTH_SECONDS=180              # a k3s server on a Pi 4 needs about 60
    readonly SETTLE_SECONDS=5                # a k3s that dies of its data does so within seconds
    readonly DONE=0 REFUSED=10 ROLLED_BACK=20 UNFINISHED=30
}

# Never fails: a full /run, where the log is, must not end a run between two steps.
say() {
    printf '%s\n' "$*" || true
}

# Nothing was changed: the one promise that exit code 10 makes.
refuse() {
    # A run's own words are in /run, which may be what is full.
    [[ $CARD != "$RUN/card.job" ]] || rm -f "$RESERVE_FILE"
    printf 'refused: %s\n' "$@" >&2 || true
    exit "$REFUSED"
}

# The line in fstab says which copy is the truth, and so how a failure ends.
fail() {
    rm -f "$RESERVE_FILE"
    if switched; then
        printf 'failed: %s\nThe image stays the truth, and what the card still holds is kept. Run the same command again.\n' "$*" >&2 || true
        exit "$UNFINISHED"
    fi
    printf 'failed: %s\nk3s runs from the card, as before. Run the same command again.\n' "$*" >&2 || true
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
