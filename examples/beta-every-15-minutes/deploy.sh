#!/bin/sh
# Puts dist/ beside the releases that are there and switches over in one step, so that nobody sees half a release.
set -eu

: "${TARGET:?where to}"
commit=$(cat dist/VERSION)
release="$TARGET/releases/$commit"

if [ "$(readlink "$TARGET/current" 2>/dev/null)" = "releases/$commit" ]; then
    echo "$commit is there already"
    exit 0
fi

mkdir -p "$TARGET/releases"
rm -rf "$release.part" "$release"
cp -R dist "$release.part"
mv "$release.part" "$release"
ln -sfn "releases/$commit" "$TARGET/current.new"
mv -T "$TARGET/current.new" "$TARGET/current"
echo "beta runs $commit"

# The last five releases stay, for a quick way back.
ls -1t "$TARGET/releases" | tail -n +6 | while read -r old; do
    echo "removing $old"
    rm -rf "$TARGET/releases/${old:?}"
done
