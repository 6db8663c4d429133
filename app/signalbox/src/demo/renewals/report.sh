#!/bin/sh
# Makes the report of the month, and tells its figures as metrics.
set -eu
licenses=exports/licenses.csv
month=${PARAM_MONTH:-}
if [ -z "$month" ]; then
    # The one before this one.
    month=$(date -u +"%Y %m" | awk '{ n = $1 * 12 + $2 - 2; printf "%04d-%02d", int(n / 12), n % 12 + 1 }')
fi
echo "Renewals of $month, from $licenses ($(wc -l < "$licenses") lines)"

if [ -n "${RENEWALS:-}" ]; then
    # 10 means: done, and the light is red. That is a figure to look at, and not a failure of this job.
    "$RENEWALS" report --transactions exports/transactions.csv --licenses "$licenses" --month "$month" \
        --out report.html --json figures.json || [ $? -eq 10 ]
else
    awk -F, -v month="$month" -f count.awk "$licenses"
fi

first() {
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" figures.json | head -n 1
}
rate=$(first rate)
echo "$(first x) of $(first n) customers renewed"
case "$rate" in [0-9]*) echo "renewal_rate=$rate" >> "$SIGNALBOX_METRICS" ;; esac
echo "to_renew=$(first n)" >> "$SIGNALBOX_METRICS"
echo "renewed=$(first x)" >> "$SIGNALBOX_METRICS"
