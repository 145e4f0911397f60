#!/usr/bin/env bash
# Two hosts, each behind a NAT of its own, and a relay between them, as network namespaces of this machine:
#
#   host a 10.201.1.2 -- router a (masquerades) -- 203.0.113.0/24 -- router b (masquerades) -- host b 10.201.2.2
#                                                        |
#                                                relay 203.0.113.1
#
# nat.sh check     says why it cannot be done here; exit 0 when it can
# nat.sh up NAME   makes them; the namespaces are NAME-relay, NAME-a and NAME-b (and the routers NAME-ra, NAME-rb)
# nat.sh down NAME takes them away, whatever is there of them
# Root, iproute2 and nftables are needed. Everything is in namespaces of its own: nothing of the machine is changed.
set -euo pipefail

check() {
  [ "$(uname -s)" = Linux ] || { echo "network namespaces are of Linux"; return 1; }
  [ "$(id -u)" = 0 ] || { echo "needs root for network namespaces"; return 1; }
  command -v ip >/dev/null || { echo "needs iproute2: there is no ip"; return 1; }
  command -v nft >/dev/null || { echo "needs nftables: there is no nft"; return 1; }
  local probe="catenary-probe-$$"
  ip netns add "$probe" 2>/dev/null || { echo "this system lets nobody make network namespaces"; return 1; }
  local works=0
  rules "$probe" lo 2>/dev/null || works=1
  ip netns del "$probe"
  [ $works = 0 ] || { echo "the kernel has no nftables masquerade"; return 1; }
}

# Masquerades what leaves namespace $1 by interface $2, and lets nothing in there that was not asked for from inside.
rules() {
  ip netns exec "$1" nft -f - <<NFT
table ip nat {
  chain out { type nat hook postrouting priority 100; oifname "$2" masquerade random; }
}
table ip guard {
  chain through {
    type filter hook forward priority 0; policy drop;
    iifname "$2" ct state established,related accept
    oifname "$2" accept
  }
  chain in {
    type filter hook input priority 0; policy accept;
    iifname "$2" ct state new drop
  }
}
NFT
}

# Joins namespaces $1 and $4 by a wire: interface $2 with address $3 in the one, $5 with $6 in the other.
wire() {
  ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
  ip -n "$1" addr add "$3" dev "$2"
  ip -n "$4" addr add "$6" dev "$5"
  ip -n "$1" link set "$2" up
  ip -n "$4" link set "$5" up
}

up() {
  local name=$1
  for ns in relay ra rb a b; do
    ip netns add "$name-$ns"
    ip -n "$name-$ns" link set lo up
  done
  # The wires of the public net meet in a bridge beside the relay.
  ip -n "$name-relay" link add wan type bridge
  ip -n "$name-relay" addr add 203.0.113.1/24 dev wan
  ip -n "$name-relay" link set wan up
  local i=1
  for side in a b; do
    local router="$name-r$side"
    ip link add "to-$side" netns "$name-relay" type veth peer name wan0 netns "$router"
    ip -n "$name-relay" link set "to-$side" master wan up
    ip -n "$router" addr add "203.0.113.1$i/24" dev wan0
    ip -n "$router" link set wan0 up
    wire "$router" lan0 "10.201.$i.1/24" "$name-$side" eth0 "10.201.$i.2/24"
    ip -n "$name-$side" route add default via "10.201.$i.1"
    ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1
    rules "$router" wan0
    i=$((i + 1))
  done
}

down() {
  for ns in a b ra rb relay; do ip netns del "$1-$ns" 2>/dev/null || true; done
}

"$@"
