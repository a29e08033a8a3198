#!/bin/bash
# The script that keeps a Pi's k3s data on a drive, put together from its parts in pi-volume/, each of which is one idea.
#
#   sudo components/scripts/pi-volume.sh VERB ARGUMENT...       on this machine; main.sh tells the verbs
#   components/scripts/pi-volume.sh print | ssh pi1 sudo -n bash -s -- status --drive=/mnt/external
set -euo pipefail

# In this order: the last one calls main.
parts="head constants files fstab facts service place mounts drive password preflight image copy pods k3s health guards bind settings apply restore anew abandon status job main"

folder=$(dirname "${BASH_SOURCE[0]-}")/pi-volume
if [[ ! -e $folder/main.sh ]]; then
    echo "refused: pi-volume.sh is here without its parts: send what \`components/scripts/pi-volume.sh print\` prints" >&2
    exit 10
fi
# shellcheck disable=SC2086 # a list of names
whole=$(printf "$folder/%s.sh\n" $parts | xargs -d '\n' sed '/^# shellcheck shell=bash$/d')
if [[ ${1-} == print ]]; then
    printf '%s\n' "$whole"
else
    exec bash -s -- "$@" <<<"$whole"
fi
