#!/bin/sh
# Downloads the exports into exports/; those of an invented vendor when there is no token.
set -eu

if ! command -v "${RENEWALS:=renewals}" > /dev/null; then
    echo "error: the command $RENEWALS is not there; cargo install --path tools/renewals installs it" >&2
    exit 3
fi

if [ -n "${MARKETPLACE_TOKEN:-}" ]; then
    "$RENEWALS" fetch --vendor "$MARKETPLACE_VENDOR" --out exports
else
    echo "there is no MARKETPLACE_TOKEN: inventing a vendor"
    "$RENEWALS" generate --transactions 10000 --format csv --until "$(date -u +%Y-%m-01)" --out exports
fi
ls -l exports
