#!/bin/sh
# ocserv's connect-script and disconnect-script: hold the rates that netquota granted, by the kernel.
#
# ocserv up to 1.1 (Debian 12) does not know RP-Upstream-Speed-Limit and RP-Downstream-Speed-Limit. So netquota names
# the rates in the group, too (the first Class of its answer): nq-DOWN-UP, in kbit/s of IP packets. Any other group is
# left alone. Copy it to /etc/ocserv/limit.sh, executable, and add to ocserv.conf:
#   connect-script = /etc/ocserv/limit.sh
#   disconnect-script = /etc/ocserv/limit.sh
# It needs iproute2 and the kernel's tbf, u32, mirred and ifb, which Debian has.
set -eu

mirror="nq-$DEVICE" # what comes from the user is limited where it leaves this one

if [ "$REASON" = disconnect ]; then
    ip link del "$mirror" 2>/dev/null || true
    exit 0
fi
case "${GROUPNAME:-}" in
nq-[0-9]*-[0-9]*) ;;
*) exit 0 ;;
esac
rates=${GROUPNAME#nq-}
down=${rates%-*}
up=${rates#*-}

# hold DEVICE KBIT: as much as 20 ms of the rate may pass at once, at least two full packets
hold() {
    burst=$(($2 * 20 / 8))
    [ "$burst" -ge 3200 ] || burst=3200
    tc qdisc replace dev "$1" root tbf rate "$2kbit" burst "$burst" latency 100ms
}

hold "$DEVICE" "$down"
ip link add "$mirror" type ifb 2>/dev/null || true
ip link set "$mirror" up
tc qdisc replace dev "$DEVICE" handle ffff: ingress
tc filter replace dev "$DEVICE" parent ffff: protocol all prio 1 u32 match u32 0 0 \
    action mirred egress redirect dev "$mirror"
hold "$mirror" "$up"
