#!/bin/sh
# Packs $SOURCE into backup/ and proves that it can be read back.
set -eu

: "${SOURCE:=.}"
mkdir -p backup
archive="backup/$(date -u +%Y-%m-%d).tar.gz"

echo "packing $SOURCE"
# What changes while it is read is packed as it was found: tar says so with exit code 1, and the archive is good.
tar --exclude=./backup --exclude=./.git -czf "$archive.part" -C "$SOURCE" . || [ $? -eq 1 ]

echo "reading it back"
files=$(tar -tzf "$archive.part" | wc -l)
if [ "$files" -lt 2 ]; then
    echo "error: the archive is empty" >&2
    exit 3
fi
mv "$archive.part" "$archive"
(cd backup && sha256sum "$(basename "$archive")" > SHA256SUMS)

bytes=$(wc -c < "$archive")
echo "packed $files files into $archive, $bytes bytes"
if [ -n "${SIGNALBOX_METRICS:-}" ]; then
    echo "files=$files" >> "$SIGNALBOX_METRICS"
    echo "size=$bytes bytes" >> "$SIGNALBOX_METRICS"
fi
