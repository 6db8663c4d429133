#!/bin/sh
# Makes the report of the month, and tells its figures as metrics.
set -eu

: "${RENEWALS:=renewals}"
set -- report --out report.html --json figures.json
for file in exports/transactions.*; do set -- "$@" --transactions "$file"; done
for file in exports/licenses.*; do set -- "$@" --licenses "$file"; done
if [ -n "${PARAM_MONTH:-}" ]; then set -- "$@" --month "$PARAM_MONTH"; fi

# 10 means: done, and the light is red. That is a figure to look at, and not a failure of this job.
"$RENEWALS" "$@" || [ $? -eq 10 ]

first() {
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" figures.json | head -n 1
}
echo "the light is $(first light)"
if [ -n "${SIGNALBOX_METRICS:-}" ]; then
    rate=$(first rate)
    case "$rate" in [0-9]*) echo "renewal_rate=$rate" >> "$SIGNALBOX_METRICS" ;; esac
    echo "due=$(first n)" >> "$SIGNALBOX_METRICS"
    echo "renewed=$(first x)" >> "$SIGNALBOX_METRICS"
fi
