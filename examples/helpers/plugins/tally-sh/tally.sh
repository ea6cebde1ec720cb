#!/bin/sh
# Sums numbers one by one, in jq's arithmetic.
set -eu
here=$(dirname "$0")
. "$here/pawl.sh"

input=$(cat)
of() { printf '%s' "$input" | jq -r "$1"; }

total=$(of '.numbers | length')
fail_before=$(of '.fail_before // -1')
secret=$(of '.secret // ""')
if [ -n "$secret" ]; then
    pawl_mask "$secret"
    pawl_log info "the secret is $secret"
fi

state=$(pawl_checkpoint | jq -c '. // { next: 0, sum: 0 }')
next=$(printf '%s' "$state" | jq .next)
sum=$(printf '%s' "$state" | jq .sum)
added=0
while [ "$next" -lt "$total" ]; do
    if [ "$next" = "$fail_before" ] && [ "${PAWL_ATTEMPT:-1}" = 1 ]; then
        pawl_error Interrupted "no further than $next of $total" 1s
    fi
    sum=$((sum + $(of ".numbers[$next]")))
    next=$((next + 1))
    added=$((added + 1))
    pawl_heartbeat "{\"next\": $next, \"sum\": $sum}"
    pawl_progress "$next" "$total"
done

case $(of '.then // ""') in
    snooze) pawl_snooze 1s "another time" ;;
    defer) pawl_defer 10m ;;
esac
echo "$sum" >sum.txt
pawl_artifact sum sum.txt text/plain
echo "{\"sum\": $sum, \"added\": $added}"
