#!/bin/sh
# Shows what flowlogd does: of live traffic in the lab (docs/lab.md), with an incident, and of a capture.
#
# The lab takes root and a kernel with eBPF; without them, or with a lab that is up already, only the capture is shown.
# Nothing but the lab's own namespaces and target/demo/ is touched. FLOWLOGD=path takes a program that is there already
# instead of building one.
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

lab=
clean_up() {
    if [ -n "$lab" ]; then "$FLOWLOGD" lab down || true; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

flowlogd() { "$FLOWLOGD" "$@"; }

bring_up_the_lab() {
    if [ "$(id -u)" != 0 ]; then
        echo "!! Live traffic is NOT shown: the lab takes root (docs/lab.md)"
        return 1
    fi
    # On any port: another server may have the usual one.
    if ! flowlogd lab up --listen 127.0.0.1:0 >"$data/lab"; then
        echo "!! Live traffic is NOT shown: there is no lab (docs/lab.md says what it takes)"
        return 1
    fi
    lab=up
    # But what to go on with: the demo does that.
    sed '/^Go on/,$d' "$data/lab"
    eval "$(flowlogd lab status --env)"
}

# Prints the events of the last while that a filter wants, each kind of flow once.
flows() { # TIME FILTER
    flowlogd tail lab --since "$1" --filter "$2" |
        awk '{ key = $5 " " $6 " " $8 " " $9; if ($9 > 1024 && $9 != 8080) key = $5 " " $6 " " $8 " " $7
               if (!seen[key]++) printf "  %-7s %-17s -> %-20s %5s %-6s by %-30s %s\n", $5, $6, $8, $9, $12, $14, $15 }'
}

wait_for() { # TIME FILTER PATTERN
    tries=0
    until flows "$1" "$2" | grep -q -- "$3"; do
        tries=$((tries + 1))
        if [ "$tries" = 60 ]; then
            echo "tests/demo.sh: no record of the lab is like $3 after 60 s" >&2
            flowlogd status >&2
            exit 1
        fi
        sleep 1
    done
}

show_the_lab() {
    wait_for 2m REJECT "10.0.1.10 .* 22 REJECT"
    wait_for 2m REJECT "10.0.2.10 .* 8080 REJECT"
    wait_for 2m REJECT ":family"
    cat <<END

Records of this traffic, by a flow log over the VPC: what was accepted, by which rule of a security group
(direction, source, destination, port; tracked: it belongs to a connection that the rule has let in) …

END
    flows 2m ACCEPT | head -12
    cat <<END

… and what was refused, dropped by the kernel, with the nearest rule that would have let it through, but for the port, the
peer or the address family:

END
    flows 2m REJECT
    cat <<END

An incident: somebody puts an entry into a network ACL, and the client gets no answer any more.

END
    if command -v "$target/venv/bin/aws" >/dev/null; then
        set -- "$target/venv/bin/aws" ec2 create-network-acl-entry --network-acl-id "$lab_acl" --ingress \
            --rule-number 90 --protocol tcp --port-range From=80,To=80 --cidr-block 10.0.2.0/24 --rule-action deny
        echo "  \$ aws ec2 create-network-acl-entry --rule-number 90 --protocol tcp … --rule-action deny"
        "$@"
        sleep 1
        printf '  $ flowlogd lab try client web 80\n  '
        flowlogd lab try client web 80 || true
        wait_for 20s REJECT ":ingress:90"
        printf '\nIts records say which entry it is:\n\n'
        flows 20s REJECT | grep ":ingress:90"
    else
        echo "  !! NOT shown: the AWS CLI is not there (tests/tools.sh installs it)"
    fi
    echo
    flowlogd lab down
    lab=
}

show_the_capture() {
    fields=flow-direction,srcaddr,srcport,dstaddr,dstport,protocol,packets,action,x-deciding-rule,x-nearest-miss
    python3 "$here/craft.py" "$capture"
    replay="$FLOWLOGD replay $capture --inventory $here/vpc.json"
    $replay --quiet --output "$data/records.log"
    $replay --interface eni-web --fields "$fields" --explain --output "$data/web.log" 2>"$data/report" \
        || { cat "$data/report" >&2; exit 1; }
    cat <<END

A capture of a web server's interface (crafted frames), as flow log records with the rule that decided each:

END
    awk '{ if (NR == 1) { $1 = "dir"; $3 = $5 = "port"; $6 = "pro"; $7 = "pkt" }
           printf "%-7s %-13s %5s %-13s %5s %3s %3s %-6s %-21s %s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }
        ' "$data/web.log"
    echo
    cat "$data/report"
}

if bring_up_the_lab; then show_the_lab; fi
show_the_capture
cat <<END

Try next (change a rule in $here/vpc.json; add --traffic-type REJECT, --output-format json):
  $replay
  $FLOWLOGD explain $data/records.log --inventory $here/vpc.json
As root:
  $FLOWLOGD lab up        # and docs/lab.md: six incidents, to be played
  $FLOWLOGD watch eth0    # a device of this host, live
END
