#!/bin/sh
# Makes traffic between the machines of a small VPC, and shows what flow logs say of it and why: of a
# capture first, then, as docs/quick-start-aws-cli.md has it, live and through the AWS APIs.
#
# As root the machines are network namespaces, joined by veth pairs, and the traffic is real; else
# their frames are crafted. Nothing outside these namespaces and target/demo/ is touched.
# FLOWLOGD=path takes a program that is there already instead of building one.
set -eu

cd "$(dirname "$0")/.."
here=tests/demo
target=${CARGO_TARGET_DIR:-target}
data=$target/demo
capture=$data/demo.pcap
PATH=$PATH:/usr/sbin:/sbin

if [ -z "${FLOWLOGD:-}" ]; then
    tests/tools.sh
    echo "Building flowlogd: minutes the first time, seconds from then on"
    cargo build --locked
    FLOWLOGD=$target/debug/flowlogd
fi
if ! command -v python3 >/dev/null; then
    echo "tests/demo.sh: python3 is missing (Debian: apt-get install python3-minimal)" >&2
    exit 1
fi
mkdir -p "$data"

# The names are this run's own, so that two runs do not meet.
web=flowlogd-demo-web-$$
router=flowlogd-demo-router-$$
app=flowlogd-demo-app-$$
service=flowlogd-demo-service-$$
server=

clean_up() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    # A namespace takes its devices with it.
    if [ -e "/run/netns/$service" ]; then
        for process in $(ip netns pids "$service"); do kill "$process" 2>/dev/null || true; done
    fi
    for namespace in "$web" "$router" "$app" "$service"; do
        if [ -e "/run/netns/$namespace" ]; then ip netns del "$namespace"; fi
    done
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Tells whether this is root, and not in a container that may not do such things.
namespaces_can_be_had() {
    [ "$(id -u)" = 0 ] && command -v ip && command -v ping && ip netns add "$router" \
        && ip netns exec "$router" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' \
        && ip -n "$router" link add probe type veth peer name other && ip -n "$router" link del probe
}

make_machines() {
    ip netns add "$web"
    ip netns add "$app"
    for namespace in "$web" "$router" "$app"; do
        ipv6=/proc/sys/net/ipv6/conf/all/disable_ipv6
        # Else it would announce itself in between.
        ip netns exec "$namespace" sh -c "[ ! -e $ipv6 ] || echo 1 > $ipv6"
        ip -n "$namespace" link set lo up
    done
    join "$web" to-web 10.0.1.10 10.0.1.1 02:00:00:00:01:0a
    join "$app" to-app 10.0.2.10 10.0.2.1 02:00:00:00:02:0a
    # The outside world: a customer, and a scanner. Rules are only judged here, not enforced, so what
    # keeps the server from answering the scanner is a route.
    ip -n "$router" address add 198.51.100.20/32 dev lo
    ip -n "$router" address add 203.0.113.66/32 dev lo
    ip -n "$web" route add blackhole 203.0.113.66/32
}

# Puts a machine behind the router: NAMESPACE DEVICE-OF-ROUTER ADDRESS ROUTER-ADDRESS MAC
join() {
    ip link add "$2" netns "$router" type veth peer name eth0 netns "$1"
    ip -n "$1" link set eth0 address "$5"
    ip -n "$1" address add "$3/24" dev eth0
    ip -n "$router" address add "$4/24" dev "$2"
    ip -n "$1" link set eth0 up
    ip -n "$router" link set "$2" up
    ip -n "$1" route add default via "$4"
}

make_traffic() {
    rm -f "$data/ready" "$capture"
    ip netns exec "$web" python3 "$here/traffic.py" web "$capture" "$data/ready" &
    server=$!
    until [ -e "$data/ready" ]; do
        kill -0 "$server" # ends the demo if the server has ended
        sleep 0.1
    done
    ip netns exec "$app" ping -q -c 3 -i 0.2 10.0.1.10 >/dev/null
    ip netns exec "$web" ping -q -c 1 10.0.1.1 >/dev/null
    ip netns exec "$app" python3 "$here/traffic.py" app
    ip netns exec "$router" python3 "$here/traffic.py" outside
    kill "$server"
    wait "$server"
    server=
}

# Runs the quick start, word for word, where it meets nobody: with a network and names of its own.
show_the_service() {
    rm -rf "$data/service"
    mkdir -p "$data/service"
    document=$PWD/docs/quick-start-aws-cli.md
    runner=$PWD/$here/run_document.py
    PATH=$(dirname "$(realpath "$FLOWLOGD")"):$(realpath "$target")/venv/bin:$PATH
    for name in $(env | sed -n 's/^\(AWS_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
    ip netns add "$service"
    cd "$data/service"
    # shellcheck disable=SC2016 # the inner shell expands it
    ip netns exec "$service" \
        sh -c 'ip link set lo up && mount -t tmpfs none /run/netns && exec "$@"' sh \
        python3 "$runner" "$document"
    cd - >/dev/null
}

real=
if namespaces_can_be_had >"$data/namespaces.log" 2>&1; then
    make_machines
    make_traffic
    real=yes
    how="real traffic of three network namespaces"
else
    python3 "$here/traffic.py" craft "$capture"
    how="crafted frames; as root the traffic is real"
fi

fields=flow-direction,srcaddr,srcport,dstaddr,dstport,protocol,packets,action,x-deciding-rule,x-nearest-miss
replay="$FLOWLOGD replay $capture --inventory $here/vpc.json"
$replay --quiet --output "$data/records.log"
$replay --interface eni-web --fields "$fields" --explain --output "$data/web.log" 2>"$data/report" \
    || { cat "$data/report" >&2; exit 1; }

cat <<END

What the web server's interface saw ($how),
as flow log records with the rule that decided each:

END
awk '{ if (NR == 1) { $1 = "dir"; $3 = $5 = "port"; $6 = "pro"; $7 = "pkt" }
       printf "%-7s %-13s %5s %-13s %5s %3s %3s %-6s %-21s %s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }
    ' "$data/web.log"
echo
# Into a hundred columns.
cat "$data/report"
if [ -n "$real" ]; then
    cat <<END

Now live, through the AWS APIs: docs/quick-start-aws-cli.md, command by command.
END
    show_the_service
else
    echo
    echo "!! The server and the agent are NOT shown: that takes root (docs/quick-start-aws-cli.md)"
fi
cat <<END

Try next (change a rule in $here/vpc.json; add --traffic-type REJECT, --output-format json):
  $replay
  $FLOWLOGD explain $data/records.log --inventory $here/vpc.json
  $FLOWLOGD watch eth0    # as root: a device of this host, live
END
