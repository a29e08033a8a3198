#!/bin/sh
# Starts one Pi's container: boot.sh NAME RUN-FOLDER COMMAND...
# Called in the lab's network namespace and a mount namespace of its own.
set -eu
name=$1 run=$2
shift 2

# A cgroup of its own in every hierarchy: three systemds in one tree would see each other's units, and a Pi must not
# live in the cgroup of the terminal that booted it.
trees='/sys/fs/cgroup/*/'
[ -e /sys/fs/cgroup/cgroup.procs ] && trees=/sys/fs/cgroup/
for tree in $trees; do
    [ -e "${tree}cgroup.procs" ] || continue
    mkdir -p "$tree$name"
    # A new cpuset is empty, and takes no process until it is filled.
    for file in cpuset.cpus cpuset.mems; do
        [ ! -e "$tree$file" ] || cat "$tree$file" >"$tree$name/$file"
    done
    echo $$ >"$tree$name/cgroup.procs"
done

# nspawn leaves locks and folders in /run when it is killed: here they go with the lab's own files.
mkdir -p "$run"
mount --bind "$run" /run
exec "$@"
