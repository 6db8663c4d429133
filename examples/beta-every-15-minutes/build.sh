#!/bin/sh
# Makes what is deployed: here the site with the commit written on it.
set -eu

rm -rf dist
mkdir dist
cp -R site/. dist/
echo "${SIGNALBOX_COMMIT:-unknown}" > dist/VERSION
echo "built $(find dist -type f | wc -l) files"
