#!/bin/sh
# Stands in for the program where a runner starts several servers with one `--database URL`: every `serve` gets an empty
# database of its own in that cluster. Everything else is handed on as it is.
# SIGNALBOX_BIN names the real program, PSQL the client that makes the database.
set -eu
if [ "${1:-}" = serve ]; then
    number=0
    for word in "$@"; do
        shift
        case $word in
        postgres://* | postgresql://*)
            number=$((number + 1))
            name="clients_$$_$number"
            "${PSQL:-psql}" -q -X -d "$word" -c "create database $name"
            word="${word%/*}/$name"
            ;;
        esac
        set -- "$@" "$word"
    done
fi
exec "$SIGNALBOX_BIN" "$@"
