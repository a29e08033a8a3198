#!/bin/sh
# Every npm script enters here: installs the pinned packages when they are missing or older than the lock file,
# then runs the lab's command line on the Node that came with them, whatever Node the machine has.
set -eu
cd "$(dirname "$0")/.."
# package.json's `prepare` writes it as the last step of every install, also of one by hand. One that was killed, or
# that left out the development packages, does not have both files.
if ! cmp -s package-lock.json node_modules/.rekindle-lock || [ ! -e node_modules/.bin/node ]; then
    echo "Installing npm packages (about 30 s)..."
    if ! npm ci --no-fund --no-audit --loglevel=error; then
        echo "npm ci failed: check that this machine reaches the npm registry, then run the same command again." >&2
        exit 1
    fi
fi
exec node_modules/.bin/node --import tsx lab/cli.ts "$@"
