//! Rules for the interfaces of a test: `eni-0` has slot 0.

use flowlogd_vpc::{CompileOptions, FlatRules, Inventory, ReservedAddresses, RuleBook, Ruleset};

/// Everything is allowed, and nothing tracked.
pub(crate) const OPEN: &str = r#"[{ "IpProtocol": "-1",
    "IpRanges": [{ "CidrIp": "0.0.0.0/0" }], "Ipv6Ranges": [{ "CidrIpv6": "::/0" }] }]"#;
/// What is of private addresses is allowed, and tracked; but not to port 9999.
pub(crate) const TRACKED: &str = r#"[
    { "IpProtocol": "udp", "FromPort": 0, "ToPort": 9998, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }] },
    { "IpProtocol": "udp", "FromPort": 10000, "ToPort": 65535, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }] },
    { "IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{ "CidrIp": "10.0.0.0/8" }] }]"#;
/// All but UDP to port 9999 is allowed, and nothing tracked.
pub(crate) const OPEN_BUT_9999: &str = r#"[{ "IpProtocol": "udp", "FromPort": 0, "ToPort": 9998,
    "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }]"#;

/// What the network ACL does with all packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acl {
    Allow,
    Deny,
}

/// Compiles rules for as many interfaces as there are slots, all with the same groups.
pub(crate) fn compile(book: &mut RuleBook, slots: u32, groups: &str, acl: Acl) -> Vec<FlatRules> {
    let egress = if groups == OPEN_BUT_9999 { OPEN_BUT_9999 } else { groups };
    let action = if acl == Acl::Allow { "allow" } else { "deny" };
    let entries: Vec<String> = [
        ("false", "0.0.0.0/0", ""),
        ("true", "0.0.0.0/0", ""),
        ("false", "::/0", "Ipv6"),
        ("true", "::/0", "Ipv6"),
    ]
    .iter()
    .map(|(egress, block, family)| {
        let number = if family.is_empty() { 100 } else { 101 };
        format!(
            r#"{{ "Egress": {egress}, "RuleNumber": {number}, "RuleAction": "{action}",
                    "Protocol": "-1", "{family}CidrBlock": "{block}" }}"#
        )
    })
    .collect();
    let interfaces: Vec<String> = (0..slots)
        .map(|slot| {
            let (high, low) = (1 + slot / 200, 2 + slot % 200);
            format!(
                r#"{{ "NetworkInterfaceId": "eni-{slot}", "SubnetId": "subnet-1",
                    "PrivateIpAddress": "10.77.{high}.{low}",
                    "Ipv6Addresses": [{{ "Ipv6Address": "fd77::{}" }}],
                    "Groups": [{{ "GroupId": "sg-a" }}], "SourceDestCheck": false }}"#,
                format_args!("{:x}", slot + 2)
            )
        })
        .collect();
    let text = format!(
        r#"{{ "Vpcs": [{{ "VpcId": "vpc-a", "CidrBlock": "10.77.0.0/16", "Ipv6CidrBlockAssociationSet":
                [{{ "Ipv6CidrBlock": "fd77::/56", "Ipv6CidrBlockState": {{ "State": "associated" }} }}] }}],
            "Subnets": [{{ "SubnetId": "subnet-1", "VpcId": "vpc-a", "CidrBlock": "10.77.0.0/16",
                "Ipv6CidrBlockAssociationSet":
                [{{ "Ipv6CidrBlock": "fd77::/64", "Ipv6CidrBlockState": {{ "State": "associated" }} }}] }}],
            "NetworkInterfaces": [{}],
            "SecurityGroups": [{{ "GroupId": "sg-a", "VpcId": "vpc-a",
                "IpPermissions": {groups}, "IpPermissionsEgress": {egress} }}],
            "NetworkAcls": [{{ "NetworkAclId": "acl-1", "VpcId": "vpc-a", "IsDefault": true,
                "Entries": [{}] }}] }}"#,
        interfaces.join(","),
        entries.join(","),
    );
    let inventory = Inventory::from_json(&text).expect("an inventory");
    let options = CompileOptions { reserved_addresses: ReservedAddresses::None };
    let ruleset = Ruleset::compile(inventory, options, book);
    (0..slots)
        .map(|slot| {
            let index = book.interface_index(&format!("eni-{slot}")).expect("an interface");
            ruleset.flat(index).expect("its rules")
        })
        .collect()
}

/// Compiles rules for slots whose packets are all allowed.
pub(crate) fn open(slots: u32) -> Vec<FlatRules> {
    compile(&mut RuleBook::default(), slots, OPEN, Acl::Allow)
}
