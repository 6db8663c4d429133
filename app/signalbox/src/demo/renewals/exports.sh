#!/bin/sh
# Downloads what the vendor sold; here the vendor is invented, and always the same.
set -eu
mkdir -p exports
until=$(date -u +%Y-%m-01)
if [ -n "${RENEWALS:-}" ]; then
    "$RENEWALS" generate --transactions 10000 --format csv --until "$until" --out exports
else
    echo "The program renewals is not installed here: a small script invents a vendor and counts instead of it."
    awk -v until="$until" 'BEGIN {
        srand(7); print "licence,due,renewed" > "exports/licenses.csv"
        split(until, day, "-"); month = day[1] * 12 + day[2] - 1
        for (n = 1; n <= 3000; n++) {
            m = month - 1 - int(rand() * 18)
            printf "L-%04d,%04d-%02d,%s\n", n, int(m / 12), m % 12 + 1, (rand() < 0.78 ? "yes" : "no") > "exports/licenses.csv"
        }
    }'
fi
ls -l exports
