"""The verdict table of a VPC, row by row, where it is enforced: a packet arrived or did not, and the records tell so.

Row N has the guest 10.0.N.5 in a subnet of its own, 10.0.N.0/24. Unless told, its group lets everything out, and its subnet
has the default network ACL. Each row is told in three steps: the rules; the traffic; the records. All rows share an agent,
and a step is taken for all of them before the next one.

All are live. Two have something of the table's in another way, as the API lacks it:

| row | lacking | here | otherwise |
|---|---|---|---|
| 14 | managed prefix lists | a rule for each of the list's blocks, which lets in the same; the records name that rule | `tests/replay/row_14_*.case` has a list, by an inventory |
| 17 | Elastic IP addresses | the router translates addresses as an internet gateway does; rules and records have private ones alone in AWS, too | `tests/replay/row_17_*.case` |
"""

import shutil
import subprocess

import pytest
from botocore.exceptions import ClientError

from lab import eventually
from namespace import need
from vpc_lab import new_vpc
from vpc_traffic import ANSWERED, REFUSED, UNANSWERED, Session, ping, tcp, udp

OFFICE, STRANGER, FAR, RESOLVER = "203.0.113.7", "198.51.100.9", "8.8.8.8", "10.0.0.2"
LISTED, UNLISTED = ["10.1.3.4", "10.2.3.4"], "10.3.2.4"
IPV6_PEER = "fd00:9::7"
# Whose translation a gateway makes: of the sender, and of the target.
ELASTIC, TARGET = "203.0.113.117", "203.0.113.105"


def tracked(direction, source, target, rule):
    """The records of a connection whose answers pass as such."""
    back = {"ingress": "egress", "egress": "ingress"}[direction]
    return {f"{direction} {source} > {target} ACCEPT {rule}", f"{back} {target} > {source} ACCEPT tracked:{rule}"}


def row_01_an_answer_needs_no_rule(vpc):
    group, silent = vpc.group(), vpc.group().nothing_out()
    rules = [each.let_in("tcp", 22, "203.0.113.0/24") for each in (group, silent)]
    guests = [vpc.guest("10.0.1.5", group), vpc.guest("10.0.1.6", silent)]
    yield
    for guest in guests:
        assert tcp(vpc, f"{OFFICE}:40000", f"{guest.addresses[0]}:22") == ANSWERED
    yield
    for guest, rule in zip(guests, rules):
        own = guest.addresses[0]
        assert guest.records() == tracked("ingress", f"{OFFICE}:40000", f"{own}:22", rule)


def row_02_a_peer_outside_the_rule_is_refused(vpc):
    group = vpc.group()
    group.let_in("tcp", 22, "203.0.113.0/24")
    guest = vpc.guest("10.0.2.5", group)
    yield
    assert tcp(vpc, f"{STRANGER}:5", "10.0.2.5:22") == REFUSED
    yield
    assert guest.records() == {f"ingress {STRANGER}:5 > 10.0.2.5:22 REJECT {group.refusal}"}


def row_03_a_network_acl_has_no_state(vpc):
    group = vpc.group()
    rule = group.let_in("icmp", -1, "0.0.0.0/0")
    acl = vpc.acl("10.0.3.5").entry(100, "ingress", "allow")
    acl.entry(90, "egress", "deny", "icmp").entry(100, "egress", "allow")
    guest = vpc.guest("10.0.3.5", group)
    yield
    assert ping(vpc, OFFICE, "10.0.3.5") == UNANSWERED
    yield
    assert guest.records() == {
        f"ingress {OFFICE} > 10.0.3.5 ACCEPT {rule}",
        f"egress 10.0.3.5 > {OFFICE} REJECT {acl.id}:egress:90",
    }


def row_04_what_no_group_allows_is_one_record(vpc):
    group = vpc.group()
    vpc.acl("10.0.4.5").entry(100, "ingress", "allow", "icmp").entry(100, "egress", "allow", "icmp")
    guest = vpc.guest("10.0.4.5", group)
    yield
    assert ping(vpc, OFFICE, "10.0.4.5") == REFUSED
    yield
    assert guest.records() == {f"ingress {OFFICE} > 10.0.4.5 REJECT {group.refusal}"}


def row_05_the_reply_to_a_ping_out_needs_no_rule(vpc):
    group = vpc.group()
    guest = vpc.guest("10.0.5.5", group)
    yield
    assert ping(vpc, "10.0.5.5", FAR) == ANSWERED
    yield
    assert guest.records() == tracked("egress", "10.0.5.5", FAR, group.out)


def row_06_the_lowest_matching_entry_decides(vpc):
    group = vpc.group()
    rule = group.let_in("tcp", 443, "0.0.0.0/0")
    acl = vpc.acl("10.0.6.5").entry(200, "ingress", "allow").entry(100, "ingress", "deny", block="198.51.100.0/24")
    acl.entry(100, "egress", "allow")
    guest = vpc.guest("10.0.6.5", group)
    yield
    assert tcp(vpc, f"{STRANGER}:40000", "10.0.6.5:443") == REFUSED
    assert tcp(vpc, f"{OFFICE}:40000", "10.0.6.5:443") == ANSWERED
    yield
    assert guest.records() == {
        f"ingress {STRANGER}:40000 > 10.0.6.5:443 REJECT {acl.id}:ingress:100",
        f"ingress {OFFICE}:40000 > 10.0.6.5:443 ACCEPT {rule}",
        f"egress 10.0.6.5:443 > {OFFICE}:40000 ACCEPT {group.out}",
    }


def row_07_without_ephemeral_ports_the_syn_ack_is_refused(vpc):
    group = vpc.group()
    rule = group.let_in("tcp", 443, "0.0.0.0/0")
    acl = vpc.acl("10.0.7.5").entry(100, "ingress", "allow", "tcp", 443).entry(100, "egress", "allow", "tcp", 443)
    guest = vpc.guest("10.0.7.5", group)
    yield
    assert tcp(vpc, f"{OFFICE}:40000", "10.0.7.5:443") == UNANSWERED
    yield
    assert guest.records() == {
        f"ingress {OFFICE}:40000 > 10.0.7.5:443 ACCEPT {rule}",
        f"egress 10.0.7.5:443 > {OFFICE}:40000 REJECT {acl.id}:egress:*",
    }


def row_08_inside_a_subnet_no_network_acl_is_consulted(vpc):
    group = vpc.group()
    rule = group.let_in("tcp", 5432, group)
    acl = vpc.acl("10.0.8.5")
    guest, neighbour, elsewhere = [vpc.guest(own, group) for own in ("10.0.8.5", "10.0.8.6", "10.0.108.6")]
    yield
    assert tcp(vpc, "10.0.8.6:40000", "10.0.8.5:5432") == ANSWERED
    assert tcp(vpc, "10.0.108.6:40000", "10.0.8.5:5432") == REFUSED
    yield
    refused = f"ingress 10.0.108.6:40000 > 10.0.8.5:5432 REJECT {acl.id}:ingress:*"
    assert guest.records() == tracked("ingress", "10.0.8.6:40000", "10.0.8.5:5432", rule) | {refused}
    assert neighbour.records() == tracked("egress", "10.0.8.6:40000", "10.0.8.5:5432", group.out)
    assert elsewhere.records() == {f"egress 10.0.108.6:40000 > 10.0.8.5:5432 ACCEPT {group.out}"}


def row_09_members_of_a_group_reach_each_other_across_subnets(vpc):
    group = vpc.group()
    rule = group.let_in("tcp", 5432, group)
    guest, member = vpc.guest("10.0.9.5", group), vpc.guest("10.0.109.6", group)
    yield
    assert tcp(vpc, "10.0.109.6:40000", "10.0.9.5:5432") == ANSWERED
    yield
    assert guest.records() == tracked("ingress", "10.0.109.6:40000", "10.0.9.5:5432", rule)
    assert member.records() == tracked("egress", "10.0.109.6:40000", "10.0.9.5:5432", group.out)


def row_10_a_tracked_session_outlives_its_rule(vpc):
    anyone, few = vpc.group(), vpc.group().nothing_out()
    rules = [each.let_in("tcp", 22, "0.0.0.0/0") for each in (anyone, few)]
    guests = [vpc.guest("10.0.10.5", anyone), vpc.guest("10.0.10.6", few)]
    yield
    untracked, kept = [Session(vpc, f"{OFFICE}:40000", f"{guest.addresses[0]}:22") for guest in guests]
    assert untracked.carries() and kept.carries()
    for group, rule in zip((anyone, few), rules):
        group.no_longer(rule)
    eventually(lambda: not untracked.carries(), 2, "the end of the untracked session")
    assert tcp(vpc, f"{OFFICE}:40001", "10.0.10.6:22") == REFUSED
    assert kept.carries() and not untracked.carries()
    untracked.close()
    kept.close()
    yield
    assert guests[0].records() == {
        f"ingress {OFFICE}:40000 > 10.0.10.5:22 ACCEPT {rules[0]}",
        f"egress 10.0.10.5:22 > {OFFICE}:40000 ACCEPT {anyone.out}",
        f"ingress {OFFICE}:40000 > 10.0.10.5:22 REJECT {anyone.refusal}",
    }
    refused = f"ingress {OFFICE}:40001 > 10.0.10.6:22 REJECT {few.refusal}"
    assert guests[1].records() == tracked("ingress", f"{OFFICE}:40000", "10.0.10.6:22", rules[1]) | {refused}


def row_11_a_network_acl_cuts_both(vpc):
    anyone, few = vpc.group(), vpc.group().nothing_out()
    rules = [each.let_in("tcp", 22, "0.0.0.0/0") for each in (anyone, few)]
    guests = [vpc.guest("10.0.11.5", anyone), vpc.guest("10.0.11.6", few)]
    yield
    sessions = [Session(vpc, f"{OFFICE}:40000", f"{guest.addresses[0]}:22") for guest in guests]
    assert all(session.carries() for session in sessions)
    acl = vpc.acl("10.0.11.5")
    eventually(lambda: not any(session.carries() for session in sessions), 2, "the end of both sessions")
    for session in sessions:
        session.close()
    yield
    for guest, rule, answer in zip(guests, rules, (anyone.out, f"tracked:{rules[1]}")):
        own = guest.addresses[0]
        assert guest.records() == {
            f"ingress {OFFICE}:40000 > {own}:22 ACCEPT {rule}",
            f"egress {own}:22 > {OFFICE}:40000 ACCEPT {answer}",
            f"ingress {OFFICE}:40000 > {own}:22 REJECT {acl.id}:ingress:*",
            f"egress {own}:22 > {OFFICE}:40000 REJECT {acl.id}:egress:*",
        }


def row_12_the_default_group_admits_its_members_only(vpc):
    default, other = vpc.default_group(), vpc.group()
    guest, member = vpc.guest("10.0.12.5", default), vpc.guest("10.0.12.6", default)
    outsider = vpc.guest("10.0.12.7", other)
    yield
    assert tcp(vpc, "10.0.12.7:40000", "10.0.12.5:22") == REFUSED
    assert tcp(vpc, "10.0.12.6:40000", "10.0.12.5:22") == ANSWERED
    yield
    [rule] = default.into
    refused = f"ingress 10.0.12.7:40000 > 10.0.12.5:22 REJECT {default.refusal}"
    assert guest.records() == tracked("ingress", "10.0.12.6:40000", "10.0.12.5:22", rule) | {refused}
    assert member.records() == tracked("egress", "10.0.12.6:40000", "10.0.12.5:22", default.out)
    assert outsider.records() == {f"egress 10.0.12.7:40000 > 10.0.12.5:22 ACCEPT {other.out}"}


def row_13_without_egress_rules_nothing_leaves(vpc):
    group = vpc.group().nothing_out()
    group.let_in("all", -1, "0.0.0.0/0")
    guest = vpc.guest("10.0.13.5", group)
    yield
    assert tcp(vpc, "10.0.13.5:40000", f"{FAR}:443") == REFUSED
    yield
    assert guest.records() == {f"egress 10.0.13.5:40000 > {FAR}:443 REJECT {group.refusal}"}


def row_14_what_a_list_of_blocks_has_is_let_in(vpc):
    group = vpc.group()
    lists = [{"PrefixListId": "pl-0123456789abcdef0"}]
    by_list = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "PrefixListIds": lists}
    with pytest.raises(ClientError, match="InvalidPrefixListID.NotFound"):
        vpc.ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=[by_list])
    rules = [group.let_in("tcp", 80, block) for block in ("10.1.0.0/16", "10.2.0.0/16")]
    guest = vpc.guest("10.0.14.5", group)
    yield
    assert [tcp(vpc, f"{peer}:40000", "10.0.14.5:80") for peer in (*LISTED, UNLISTED)] == [ANSWERED, ANSWERED, REFUSED]
    yield
    expected = {f"ingress {UNLISTED}:40000 > 10.0.14.5:80 REJECT {group.refusal}"}
    for peer, rule in zip(LISTED, rules):
        expected |= tracked("ingress", f"{peer}:40000", "10.0.14.5:80", rule)
    assert guest.records() == expected


def row_15_the_resolver_is_neither_filtered_nor_logged(vpc):
    group = vpc.group()
    group.let_in("all", -1, "0.0.0.0/0")
    acl = vpc.acl("10.0.15.5")
    guest = vpc.guest("10.0.15.5", group)
    yield
    assert udp(vpc, "10.0.15.5:40000", f"{RESOLVER}:53") == ANSWERED
    # A resolver of one's own is filtered and logged; the resolver's other ports are no service.
    assert udp(vpc, "10.0.15.5:40000", f"{FAR}:53") == REFUSED
    assert udp(vpc, "10.0.15.5:40000", f"{RESOLVER}:54") == REFUSED
    yield
    assert guest.records(unlogged_in=1, unlogged_out=2) == {f"egress 10.0.15.5:40000 > {FAR}:53 REJECT {acl.id}:egress:*"}


def row_16_a_rule_for_every_ipv4_address_admits_no_ipv6(vpc):
    group = vpc.group()
    rule = group.let_in("tcp", 22, "0.0.0.0/0")
    guest = vpc.guest("10.0.16.5", group, ipv6=["fd00:1:2:310::5"])
    yield
    assert tcp(vpc, f"[{IPV6_PEER}]:40000", "[fd00:1:2:310::5]:22") == REFUSED
    assert tcp(vpc, f"{OFFICE}:40000", "10.0.16.5:22") == ANSWERED
    # It is the rule that it lacks, not the way.
    assert tcp(vpc, "[fd00:1:2:310::5]:40000", f"[{IPV6_PEER}]:22") == ANSWERED
    yield
    [out] = group.out_ipv6
    assert guest.records() == {
        f"ingress [{IPV6_PEER}]:40000 > [fd00:1:2:310::5]:22 REJECT {group.refusal}",
        f"ingress {OFFICE}:40000 > 10.0.16.5:22 ACCEPT {rule}",
        f"egress 10.0.16.5:22 > {OFFICE}:40000 ACCEPT {group.out}",
        *tracked("egress", "[fd00:1:2:310::5]:40000", f"[{IPV6_PEER}]:22", out),
    }


def row_17_a_group_stands_for_its_private_addresses_only(vpc):
    need(shutil.which("nft"), "row 17 has addresses translated by nft", "install it")
    group = vpc.group()
    rule = group.let_in("tcp", 5432, group)
    guest, sender = vpc.guest("10.0.17.5", group), vpc.guest("10.0.117.6", group)
    translation = f"""
        table ip gateway {{
            chain inwards {{ type nat hook prerouting priority dstnat; ip daddr {TARGET} dnat to 10.0.17.5; }}
            chain outwards {{
                type nat hook postrouting priority srcnat; ct original ip daddr {TARGET} ip saddr 10.0.117.6 snat to {ELASTIC};
            }}
        }}"""
    subprocess.run(["nft", "-f", "-"], input=translation, text=True, check=True)
    yield
    seen = (f"{ELASTIC}:40000", "10.0.17.5:5432")
    assert tcp(vpc, "10.0.117.6:40000", f"{TARGET}:5432", seen) == REFUSED
    assert tcp(vpc, "10.0.117.6:40001", "10.0.17.5:5432") == ANSWERED
    yield
    refused = f"ingress {' > '.join(seen)} REJECT {group.refusal}"
    assert guest.records() == tracked("ingress", "10.0.117.6:40001", "10.0.17.5:5432", rule) | {refused}
    sent = f"egress 10.0.117.6:40000 > {TARGET}:5432 ACCEPT {group.out}"
    assert sender.records() == tracked("egress", "10.0.117.6:40001", "10.0.17.5:5432", group.out) | {sent}


ROWS = [row for name, row in globals().items() if name.startswith("row_")]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """All rows after their second step, and what went wrong in that."""
    with new_vpc(tmp_path_factory.mktemp("rows"), [OFFICE, STRANGER, FAR, RESOLVER, *LISTED, UNLISTED, IPV6_PEER]) as vpc:
        steps, wrong = {row: row(vpc) for row in ROWS}, {}

        def step():
            for row in ROWS:
                try:
                    row in wrong or next(steps[row])
                except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the row's test tells it
                    wrong[row] = error

        step()
        vpc.agent()
        step()
        vpc.wait_for_records()
        yield steps, wrong


def test_there_is_every_row():
    assert [int(row.__name__.split("_")[1]) for row in ROWS] == list(range(1, 18))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_verdict(rows, row):
    steps, wrong = rows
    if row in wrong:
        raise wrong[row]
    # The third step is the last one.
    assert next(steps[row], None) is None
