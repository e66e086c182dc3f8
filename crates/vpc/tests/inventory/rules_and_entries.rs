//! Protocols, ports, ICMP types and codes, of rules and of network ACL entries.

use super::*;

#[test]
fn one_meaning_has_one_form() {
    let any_icmp = PortMatch::Icmp { kind: None, code: None };
    let cases = [
        (json!({"IpProtocol": "-1"}), None, PortMatch::Any),
        (json!({"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}), None, PortMatch::Any),
        (json!({"IpProtocol": "47", "FromPort": 5, "ToPort": 6}), Some(47), PortMatch::Any),
        (json!({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535}), Some(6), range(0, 65535)),
        (json!({"IpProtocol": "TCP", "FromPort": 22, "ToPort": 22}), Some(6), range(22, 22)),
        (json!({"IpProtocol": "17", "FromPort": 53, "ToPort": 54}), Some(17), range(53, 54)),
        (json!({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}), Some(1), any_icmp),
        (
            json!({"IpProtocol": "1", "FromPort": 8, "ToPort": -1}),
            Some(1),
            PortMatch::Icmp { kind: Some(8), code: None },
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": 5, "ToPort": 0}),
            Some(1),
            PortMatch::Icmp { kind: Some(5), code: Some(0) },
        ),
        (json!({"IpProtocol": "icmpv6"}), Some(58), any_icmp),
        (json!({"IpProtocol": "58", "FromPort": -1, "ToPort": -1}), Some(58), any_icmp),
    ];
    for (permission, protocol, ports) in cases {
        let inventory = group_with(&permission).unwrap();
        let rule = &inventory.security_groups[0].ingress[0];
        assert_eq!((rule.protocol, rule.ports), (protocol, ports), "{permission}");
    }
}

#[test]
fn malformed_conditions_of_rules_are_refused() {
    let cases = [
        (
            json!({"IpProtocol": "tcp"}),
            ".FromPort: is missing: a rule for TCP or UDP must have both ports",
        ),
        (
            json!({"IpProtocol": "udp", "FromPort": 5}),
            ".ToPort: is missing: a rule for TCP or UDP must have both ports",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 22}),
            ".FromPort: port range 80 to 22 is upside down",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": -1, "ToPort": 22}),
            ".FromPort: TCP/UDP port -1 is out of range: expected 0 to 65535",
        ),
        (
            json!({"IpProtocol": "udp", "FromPort": 1, "ToPort": 65536}),
            ".ToPort: TCP/UDP port 65536 is out of range: expected 0 to 65535",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": "22", "ToPort": 22}),
            ".FromPort: expected a whole number, got text",
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": 256, "ToPort": 0}),
            ".FromPort: ICMP type 256 is out of range: expected -1 to 255",
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": 8, "ToPort": 65535}),
            ".ToPort: ICMP code 65535 is out of range: expected -1 to 255",
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": -1, "ToPort": 0}),
            ".ToPort: an ICMP rule for every type (-1) must have code -1 too",
        ),
        (
            json!({"IpProtocol": "icmp"}),
            ".FromPort: is missing: expected the ICMP type, -1 for every one",
        ),
        (
            json!({"IpProtocol": "all"}),
            ".IpProtocol: unknown protocol all: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1",
        ),
        (
            json!({"IpProtocol": "256"}),
            ".IpProtocol: unknown protocol 256: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1",
        ),
        (
            json!({"IpProtocol": "+6"}),
            ".IpProtocol: unknown protocol +6: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1",
        ),
        (json!({"IpProtocol": 6}), ".IpProtocol: expected text, got a number"),
        (
            json!({}),
            ".IpProtocol: is missing: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1",
        ),
    ];
    for (permission, fault) in cases {
        let faults = group_with(&permission).unwrap_err();
        let expected = format!("SecurityGroups[0].IpPermissions[0]{fault}");
        assert_eq!(faults.first(), Some(&expected), "{permission}");
    }
}

#[test]
fn a_permission_for_nobody_is_refused() {
    let faults = faults_of(
        &json!({"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [{"IpProtocol": "-1"}]}]}),
    );

    assert_eq!(
        faults,
        [
            "SecurityGroups[0].IpPermissions[0]: the permission is for nobody: expected an element in IpRanges, Ipv6Ranges, PrefixListIds or UserIdGroupPairs"
        ]
    );
}

#[test]
fn a_rule_has_exactly_one_peer() {
    let peers = "expected exactly one of CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo";
    assert_eq!(
        account_faults(|file| remove(&mut file["SecurityGroupRules"][0], "CidrIpv4"))[0],
        format!("SecurityGroupRules[0]: {peers}, got none of them")
    );
    assert_eq!(
        account_faults(|file| file["SecurityGroupRules"][0]["CidrIpv6"] = json!("::/0"))[0],
        format!("SecurityGroupRules[0]: {peers}, got CidrIpv4 and CidrIpv6")
    );
}

#[test]
fn entries_take_what_their_protocol_needs() {
    let any_icmp = PortMatch::Icmp { kind: None, code: None };
    let cases = [
        (
            json!({"Protocol": "-1", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 1, "To": 2}}),
            PortMatch::Any,
        ),
        (
            json!({"Protocol": "6", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 1, "To": 2}}),
            range(1, 2),
        ),
        (
            json!({"Protocol": "17", "Ipv6CidrBlock": "::/0", "PortRange": {"From": 0, "To": 0}}),
            range(0, 0),
        ),
        (
            json!({"Protocol": "1", "CidrBlock": "0.0.0.0/0", "IcmpTypeCode": {"Type": -1, "Code": -1}}),
            any_icmp,
        ),
        (
            json!({"Protocol": "1", "CidrBlock": "0.0.0.0/0", "IcmpTypeCode": {"Type": 3, "Code": 4}}),
            PortMatch::Icmp { kind: Some(3), code: Some(4) },
        ),
        (
            json!({"Protocol": "58", "Ipv6CidrBlock": "::/0", "IcmpTypeCode": {"Type": 128, "Code": 0}}),
            PortMatch::Icmp { kind: Some(128), code: Some(0) },
        ),
        // ICMPv6 with an IPv4 block: all types regardless (vpc-filtering.md §4.2).
        (json!({"Protocol": "58", "CidrBlock": "0.0.0.0/0"}), any_icmp),
        (json!({"Protocol": "132", "CidrBlock": "0.0.0.0/0"}), PortMatch::Any),
    ];
    for (entry, ports) in cases {
        let inventory = acl_with(&entry).unwrap();
        assert_eq!(inventory.network_acls[0].ingress[0].ports, ports, "{entry}");
    }
}

#[test]
fn malformed_entries_are_refused() {
    let good = json!({"Protocol": "-1", "CidrBlock": "0.0.0.0/0"});
    let with = |member: &str, value: Value| {
        let mut entry = good.clone();
        entry[member] = value;
        entry
    };
    let cases = [
        (
            with("Protocol", json!("6")),
            ".PortRange: is missing: expected From and To, as the protocol is TCP or UDP",
        ),
        (
            json!({"Protocol": "17", "CidrBlock": "0.0.0.0/0", "PortRange": {"From": 9, "To": 8}}),
            ".PortRange.From: port range 9 to 8 is upside down",
        ),
        (
            with("Protocol", json!("1")),
            ".IcmpTypeCode: is missing: expected Type and Code, -1 for every one",
        ),
        (
            json!({"Protocol": "58", "Ipv6CidrBlock": "::/0"}),
            ".IcmpTypeCode: is missing: expected Type and Code, -1 for every one",
        ),
        (
            with("Protocol", json!("ipv4")),
            ".Protocol: unknown protocol ipv4: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1",
        ),
        (
            with("Ipv6CidrBlock", json!("::/0")),
            ": expected either CidrBlock or Ipv6CidrBlock, got both",
        ),
        (json!({"Protocol": "-1"}), ": expected either CidrBlock or Ipv6CidrBlock, got neither"),
        (with("CidrBlock", json!("::/0")), ".CidrBlock: expected an IPv4 block, got ::/0"),
        (
            with("CidrBlock", json!("10.0.0.1000/24")),
            ".CidrBlock: CIDR block 10.0.0.1000/24 is malformed",
        ),
        (
            with("RuleAction", json!("Allow")),
            ".RuleAction: unknown action Allow: expected allow or deny",
        ),
        (with("RuleAction", Value::Null), ".RuleAction: is missing: expected allow or deny"),
        (with("Egress", Value::Null), ".Egress: is missing: expected true or false"),
        (with("RuleNumber", Value::Null), ".RuleNumber: is missing: expected 1 to 32766"),
        (
            with("RuleNumber", json!(0)),
            ".RuleNumber: rule number 0 is out of range: expected 1 to 32766",
        ),
        (
            with("RuleNumber", json!(32769)),
            ".RuleNumber: rule number 32769 is out of range: expected 1 to 32766",
        ),
        (
            with("RuleNumber", json!(32767)),
            ".RuleNumber: 32767 is kept for the final entry, which denies everything: expected 1 to 32766",
        ),
    ];
    for (entry, fault) in cases {
        let faults = acl_with(&entry).unwrap_err();
        assert_eq!(faults, [format!("NetworkAcls[0].Entries[0]{fault}")], "{entry}");
    }
}

fn range(from: u16, to: u16) -> PortMatch {
    PortMatch::Range { from, to }
}

/// A group with one permission, for everybody.
fn group_with(permission: &Value) -> Result<Inventory, Vec<String>> {
    let mut permission = permission.clone();
    permission["IpRanges"] = json!([{"CidrIp": "0.0.0.0/0"}]);
    read(&json!({"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [permission]}]}))
}

/// A network ACL with one ingress entry, number 100, which allows, unless it says otherwise.
fn acl_with(entry: &Value) -> Result<Inventory, Vec<String>> {
    let mut whole = json!({"RuleNumber": 100, "RuleAction": "allow", "Egress": false});
    for (member, value) in entry.as_object().unwrap() {
        whole[member] = value.clone();
    }
    read(&json!({
        "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
        "NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Entries": [whole]}],
    }))
}
