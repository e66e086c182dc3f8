//! What is read of a file without faults.

use super::*;

#[test]
fn an_account_is_read_with_its_references_resolved() {
    let inventory = account_with(|_| {});

    insta::assert_snapshot!(outline(&inventory), @r"
    vpc-0a51c2e83d9f64b07 of 210987654321 [10.20.0.0/16, 10.21.0.0/20, 2600:1f14:51c:ab00::/56]
    vpc-0b62d3f94e0a75c18 of 210987654321 [10.30.0.0/16]
    subnet-01d4a7f2c85b96e30 in vpc 0 [10.20.1.0/24] acl Some(0) table Some(0) usw2-az2 -
    subnet-02e5b8a3d96ca7f41 in vpc 0 [10.20.2.0/24, 2600:1f14:51c:ab02::/64] acl Some(1) table Some(1) usw2-az1 -
    subnet-03f6c9b4ea7db8052 in vpc 0 [10.21.0.0/24] acl Some(0) table Some(0) usw2-lax1-az1 localzone
    subnet-04a7dac5fb8ec9163 in vpc 1 [10.30.5.0/24] acl Some(2) table Some(2) usw2-az2 -
    eni-011f2e3d4c5b6a798 subnet 1 vpc 0 10.20.2.17 [10.20.2.17, 10.20.2.18] [2600:1f14:51c:ab02::17] [10.20.2.64/28, 2600:1f14:51c:ab02:17::/80] groups [0] interface i-0d1e2f30415263748 us-west-2 usw2-az1
    eni-022a3f4e5d6c7b8a9 subnet 1 vpc 0 10.20.2.33 [10.20.2.33] [] [] groups [0, 1] interface i-0e2f30415263748a9 us-west-2 usw2-az1
    eni-033b4a5f6e7d8c9ba subnet 0 vpc 0 10.20.1.9 [10.20.1.9] [] [] groups [] nat_gateway - us-west-2 usw2-az2
    eni-044c5b6a7f8e9dacb subnet 2 vpc 0 10.21.0.12 [10.21.0.12] [] [] groups [2] interface - us-west-2 usw2-lax1-az1
    eni-055d6c7b8a9faebdc subnet 3 vpc 1 10.30.5.20 [10.30.5.20] [] [] groups [] interface - us-west-2 usw2-az2
    ");
}

#[test]
fn a_rule_has_one_peer_and_the_id_that_describe_security_group_rules_gives() {
    let inventory = account_with(|_| {});

    insta::assert_snapshot!(rules(&inventory), @r#"
    sg-0aa1b2c3d4e5f6071 in sgr-00000001a2b3c0001 Some(6) Range { from: 443, to: 443 } Cidr(0.0.0.0/0)
    sg-0aa1b2c3d4e5f6071 in sgr-00000001a2b3c0002 Some(6) Range { from: 443, to: 443 } Cidr(::/0)
    sg-0aa1b2c3d4e5f6071 in sgr-00000001a2b3c0003 Some(6) Range { from: 22, to: 22 } PrefixList(0)
    sg-0aa1b2c3d4e5f6071 in sgr-00000001a2b3c0004 Some(6) Range { from: 22, to: 22 } SecurityGroup(2)
    sg-0aa1b2c3d4e5f6071 in sgr-00000001a2b3c0005 Some(1) Icmp { kind: Some(3), code: Some(4) } Cidr(0.0.0.0/0)
    sg-0aa1b2c3d4e5f6071 in sgr-00000001a2b3c0006 Some(1) Icmp { kind: None, code: None } SecurityGroup(0)
    sg-0aa1b2c3d4e5f6071 out sgr-00000001a2b3c0007 None Any Cidr(0.0.0.0/0)
    sg-0aa1b2c3d4e5f6071 out sgr-00000001a2b3c0008 None Any Cidr(::/0)
    sg-0bb2c3d4e5f607182 in sgr-00000001a2b3c0009 Some(6) Range { from: 5432, to: 5433 } SecurityGroup(0)
    sg-0bb2c3d4e5f607182 in sgr-00000001a2b3c000a Some(6) Range { from: 5432, to: 5433 } UnknownGroup("sg-0fe9d8c7b6a504132")
    sg-0bb2c3d4e5f607182 in sgr-00000001a2b3c000b Some(50) Any Cidr(10.30.5.20/32)
    sg-0bb2c3d4e5f607182 in sgr-00000001a2b3c000c Some(58) Icmp { kind: None, code: None } Cidr(2600:1f14:51c:ab00::/56)
    sg-0cc3d4e5f60718293 in sgr-00000001a2b3c000d Some(6) Range { from: 22, to: 22 } Cidr(198.51.100.0/24)
    sg-0cc3d4e5f60718293 out sgr-00000001a2b3c000e Some(6) Range { from: 22, to: 22 } Cidr(10.20.0.0/15)
    sg-0cc3d4e5f60718293 out sgr-00000001a2b3c000f Some(17) Range { from: 53, to: 53 } Cidr(10.20.0.2/32)
    "#);
}

#[test]
fn rules_without_ids_are_those_of_describe_security_groups() {
    let with_ids = account_with(|_| {});

    let without = account_with(|file| remove(file, "SecurityGroupRules"));

    let lines = |inventory| -> Vec<String> {
        // Without the id, which is the third word.
        let line = |line: &str| {
            let words = line.split(' ').enumerate().filter(|(i, _)| *i != 2);
            words.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
        };
        rules(inventory).lines().map(line).collect()
    };
    assert_eq!(lines(&without), lines(&with_ids));
    assert!(without.security_groups.iter().all(|group| group.ingress[0].id.is_none()));
}

#[test]
fn network_acl_entries_are_ascending_and_without_the_final_denial() {
    let inventory = account_with(|_| {});

    let acl = &inventory.network_acls[1];
    let mut text = String::new();
    for (side, entries) in [("in", &acl.ingress), ("out", &acl.egress)] {
        for entry in entries {
            let action = if entry.allow { "allow" } else { "deny" };
            writeln!(
                text,
                "{side} {} {action} {:?} {:?} {}",
                entry.number, entry.protocol, entry.ports, entry.cidr
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(text, @r"
    in 110 deny Some(6) Range { from: 443, to: 443 } 203.0.113.0/24
    in 120 allow Some(6) Range { from: 443, to: 443 } 0.0.0.0/0
    in 130 allow Some(1) Icmp { kind: Some(3), code: Some(4) } 0.0.0.0/0
    in 140 allow Some(58) Icmp { kind: None, code: None } ::/0
    in 200 allow None Any 10.20.0.0/16
    out 100 allow Some(6) Range { from: 1024, to: 65535 } 0.0.0.0/0
    ");
}

#[test]
fn routes_are_active_ones_with_prefix_lists_expanded() {
    let inventory = account_with(|_| {});

    let mut routes = String::new();
    for route in &inventory.route_tables[1].routes {
        writeln!(routes, "{} {:?}", route.destination, route.target).unwrap();
    }
    insta::assert_snapshot!(routes, @r#"
    10.20.0.0/16 InVpc
    10.40.0.0/16 Peering("pcx-0e8f90a1b2c3d4e56")
    172.16.0.0/12 VirtualPrivateGateway
    0.0.0.0/0 InVpc
    ::/0 InternetGateway
    192.0.2.0/25 GatewayEndpoint
    192.0.2.192/26 GatewayEndpoint
    "#);
}

#[test]
fn the_longest_prefix_routes() {
    let inventory = account_with(|_| {});
    let table = inventory.route_table(&inventory.interfaces[0]).unwrap();

    let target = |address: &str| &table.route_to(address.parse().unwrap()).unwrap().target;

    assert_eq!(target("10.20.9.9"), &RouteTarget::InVpc);
    assert_eq!(target("192.0.2.200"), &RouteTarget::GatewayEndpoint);
    assert_eq!(target("192.0.2.130"), &RouteTarget::InVpc);
    assert_eq!(target("2001:db8::1"), &RouteTarget::InternetGateway);
    assert_eq!(inventory.route_tables[2].route_to("192.0.2.1".parse().unwrap()), None);
}

#[test]
fn targets_are_told_apart_by_the_prefix_of_their_id() {
    use RouteTarget::{
        GatewayEndpoint, InVpc, InternetGateway, LocalGateway, Other, Peering,
        VirtualPrivateGateway,
    };
    let cases = [
        ("GatewayId", "local", InVpc),
        ("GatewayId", "igw-1", InternetGateway),
        ("GatewayId", "vgw-1", VirtualPrivateGateway),
        ("GatewayId", "vpce-1", InVpc),
        ("EgressOnlyInternetGatewayId", "eigw-1", InternetGateway),
        ("NatGatewayId", "nat-1", InVpc),
        ("TransitGatewayId", "tgw-1", InVpc),
        ("LocalGatewayId", "lgw-1", LocalGateway),
        ("CarrierGatewayId", "cagw-1", LocalGateway),
        ("NetworkInterfaceId", "eni-1", InVpc),
        ("InstanceId", "i-1", InVpc),
        ("VpcPeeringConnectionId", "pcx-1", Peering("pcx-1".to_owned())),
        ("CoreNetworkArn", "arn:aws:networkmanager::210987654321:core-network/1", Other),
    ];
    for (member, id, expected) in cases {
        let inventory = account_with(|file| {
            file["RouteTables"][0]["Routes"] =
                json!([{"DestinationCidrBlock": "192.0.2.0/24", member: id}]);
        });
        assert_eq!(inventory.route_tables[0].routes[0].target, expected, "{id}");
    }
    let inventory = account_with(|file| {
        file["RouteTables"][0]["Routes"] = json!([
            {"DestinationPrefixListId": "pl-0d7e8f90a1b2c3d45", "GatewayId": "vpce-1"}
        ]);
    });
    assert_eq!(inventory.route_tables[0].routes[1].target, GatewayEndpoint);
}

#[test]
fn two_vpcs_may_have_the_same_addresses() {
    let mut file = json!({"Vpcs": [], "Subnets": [], "NetworkInterfaces": []});
    for i in 1..=2 {
        let (vpc, subnet) = (format!("vpc-{i}"), format!("subnet-{i}"));
        push(&mut file, "Vpcs", json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/16"}));
        push(
            &mut file,
            "Subnets",
            json!({"SubnetId": subnet, "VpcId": vpc, "CidrBlock": "10.0.1.0/24"}),
        );
        push(
            &mut file,
            "NetworkInterfaces",
            json!({
                "NetworkInterfaceId": format!("eni-{i}"), "SubnetId": subnet,
                "PrivateIpAddress": "10.0.1.5"
            }),
        );
    }

    let inventory = read(&file).unwrap();

    assert_eq!(inventory.interfaces[0].primary_ipv4, inventory.interfaces[1].primary_ipv4);
}

#[test]
fn an_empty_text_is_an_absent_member() {
    let inventory = account_with(|file| {
        let subnet = &mut file["Subnets"][0];
        subnet["CidrBlock"] = json!("");
        subnet["Ipv6CidrBlockAssociationSet"] =
            json!([{"Ipv6CidrBlock": "2600:1f14:51c:ab01::/64"}]);
        file["NetworkInterfaces"].as_array_mut().unwrap().remove(2);
    });

    assert_eq!(format!("{:?}", inventory.subnets[0].cidrs), "[2600:1f14:51c:ab01::/64]");
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let documentation = include_str!("../../../../docs/inventory.md");
    let example = documentation.split("```json").nth(1).unwrap().split("```").next().unwrap();

    let inventory = Inventory::from_json(example).unwrap();

    assert_eq!(inventory.interfaces[0].security_groups, [0]);
    assert_eq!(inventory.ignored, Vec::<String>::new());
}

#[test]
fn an_address_may_be_of_an_associated_subnet() {
    let inventory = account_with(|file| {
        let interface = &mut file["NetworkInterfaces"][0];
        interface["AssociatedSubnets"] = json!(["subnet-01d4a7f2c85b96e30"]);
        interface["PrivateIpAddresses"][1]["PrivateIpAddress"] = json!("10.20.1.18");
    });

    assert!(inventory.interfaces[0].owns("10.20.1.18".parse().unwrap()));
}

#[test]
fn a_peering_that_is_over_may_have_lost_a_side() {
    let inventory = account_with(|file| {
        file["VpcPeeringConnections"][1]["Status"]["Code"] = json!("deleted");
        remove(&mut file["VpcPeeringConnections"][1], "AccepterVpcInfo");
    });

    assert_eq!(inventory.peerings[1].vpc_ids, ["vpc-0b62d3f94e0a75c18", ""]);
}

#[test]
fn an_interface_owns_its_addresses_and_prefixes_and_no_others() {
    let inventory = account_with(|_| {});
    let interface = &inventory.interfaces[0];

    let owns = |address: &str| interface.owns(address.parse().unwrap());

    for own in ["10.20.2.17", "10.20.2.18", "10.20.2.79", "2600:1f14:51c:ab02::17"] {
        assert!(owns(own), "{own}");
    }
    assert!(owns("2600:1f14:51c:ab02:17::5"));
    for foreign in ["10.20.2.16", "10.20.2.63", "10.20.2.80", "2600:1f14:51c:ab02::18"] {
        assert!(!owns(foreign), "{foreign}");
    }
}

#[test]
fn what_an_interface_does_not_say_has_a_default() {
    let inventory = account_with(|file| {
        file["NetworkInterfaces"] = json!([{
            "NetworkInterfaceId": "eni-1", "SubnetId": "subnet-01d4a7f2c85b96e30"
        }]);
    });

    let interface = &inventory.interfaces[0];
    assert_eq!(interface.owner, "unknown");
    assert_eq!(interface.vpc, 0);
    assert_eq!(interface.primary_ipv4, None);
    assert!(interface.source_dest_check);
    assert_eq!(interface.interface_type, "interface");
    assert_eq!(interface.region.as_deref(), Some("us-west-2"));
    assert_eq!(interface.availability_zone_id.as_deref(), Some("usw2-az2"));
    assert_eq!(interface.timeouts, TrackingTimeouts::default());
}

#[test]
fn interface_facts_that_records_show_are_kept() {
    let inventory = account_with(|_| {});

    let [web, _, nat, ..] = inventory.interfaces.as_slice() else { unreachable!() };
    assert_eq!(web.owner, "210987654321");
    assert_eq!(web.mac, Some([0x02, 0x5c, 0x91, 0xaa, 0x07, 0x11]));
    assert_eq!(web.timeouts, TrackingTimeouts { tcp_established: 3600, udp_stream: 180, udp: 45 });
    assert!(web.source_dest_check);
    assert!(!nat.source_dest_check);
    assert_eq!(inventory.vpc(web).unwrap().id, "vpc-0a51c2e83d9f64b07");
    assert_eq!(inventory.subnet(web).unwrap().id, "subnet-02e5b8a3d96ca7f41");
    assert_eq!(inventory.network_acl(web).unwrap().id, "acl-022b3c4d5e6f70819");
}

#[test]
fn an_instance_is_shown_only_where_it_and_the_interface_are_the_owners() {
    let instance = |edit: fn(&mut Value)| {
        account_with(|file| edit(&mut file["NetworkInterfaces"][0])).interfaces[0]
            .instance_id
            .clone()
    };

    assert_eq!(instance(|_| {}).as_deref(), Some("i-0d1e2f30415263748"));
    assert_eq!(instance(|eni| eni["RequesterManaged"] = json!(true)), None);
    assert_eq!(instance(|eni| eni["Attachment"]["InstanceOwnerId"] = json!("amazon-aws")), None);
    assert_eq!(instance(|eni| eni["Attachment"] = Value::Null), None);
}

#[test]
fn the_spelling_of_the_sdk_for_nat_gateways_is_that_of_records() {
    let inventory = account_with(|file| {
        file["NetworkInterfaces"][2]["InterfaceType"] = json!("natGateway");
    });

    assert_eq!(inventory.interfaces[2].interface_type, "nat_gateway");
}

#[test]
fn peerings_keep_both_sides() {
    let inventory = account_with(|_| {});

    let [active, pending] = inventory.peerings.as_slice() else { unreachable!() };
    assert!(active.active && active.same_region);
    assert_eq!(active.vpc_ids, ["vpc-0a51c2e83d9f64b07", "vpc-0c73e4a05f1b86d29"]);
    assert_eq!(
        format!("{:?}", active.cidrs),
        "[[10.20.0.0/16, 2600:1f14:51c:ab00::/56], [10.40.0.0/16]]"
    );
    assert!(!pending.active && !pending.same_region);
    assert_eq!(inventory.peering("pcx-0e8f90a1b2c3d4e56"), Some(active));
}

#[test]
fn prefix_lists_are_read_in_every_form_that_the_cli_prints() {
    let inventory = account_with(|_| {});
    let expected = inventory.prefix_lists.clone();
    assert_eq!(format!("{:?}", expected[0].entries), "[198.51.100.0/24, 203.0.113.128/25]");

    // What `describe-prefix-lists` prints has the blocks itself.
    let other_answer = account_with(|file| {
        file["PrefixLists"] = json!([
            {"PrefixListId": "pl-0d7e8f90a1b2c3d45", "Cidrs": ["198.51.100.0/24", "203.0.113.128/25"]},
            {"PrefixListId": "pl-68a54001", "Cidrs": ["192.0.2.0/25", "192.0.2.192/26"]},
        ]);
        remove(file, "PrefixListEntries");
    });
    let entries_alone = account_with(|file| remove(file, "PrefixLists"));
    let both_answers = account_with(|file| {
        let other =
            json!({"PrefixListId": "pl-68a54001", "Cidrs": ["192.0.2.192/26", "192.0.2.0/25"]});
        file["PrefixLists"].as_array_mut().unwrap().push(other);
    });

    assert_eq!(other_answer.prefix_lists, expected);
    assert_eq!(entries_alone.prefix_lists.len(), 2);
    assert_eq!(both_answers.prefix_lists.len(), 2);
}

#[test]
fn what_is_not_used_is_told() {
    let inventory = account_with(|file| {
        file["NextToken"] = json!("AAIAAbC");
        file["Reservations"] = json!([{"Instances": [{}]}]);
        file["Subnets"][2]["OutpostArn"] = json!("arn:aws:outposts:us-west-2:1:outpost/op-1");
        file["PrefixLists"] = json!([{"PrefixListId": "pl-9"}]);
        file["RouteTables"][1]["Routes"][6]["DestinationPrefixListId"] = json!("pl-9");
        file["PrefixListEntries"]["pl-0d7e8f90a1b2c3d45"]["NextToken"] = json!("AAIA");
    });

    insta::assert_snapshot!(inventory.ignored.join("\n"), @r"
    InternetGateways: is not used
    Reservations: is not used
    NextToken: an answer was cut short, what the further pages say is missing; dump without --max-items and --no-paginate
    Subnets[2].OutpostArn: is not used: records do not tell an Outpost from its zone
    PrefixListEntries.pl-0d7e8f90a1b2c3d45.NextToken: an answer was cut short, what the further pages say is missing; dump without --max-items and --no-paginate
    NetworkInterfaces[4]: eni-055d6c7b8a9faebdc has no Groups: all its traffic is refused
    SecurityGroupRules[9].ReferencedGroupInfo.GroupId: sg-0fe9d8c7b6a504132 is a group of another VPC that is not in the file: rules for it match nothing
    RouteTables[1].Routes[6].DestinationPrefixListId: the file does not say what is in pl-9: the route is left out
    ");
}

#[test]
fn what_is_always_printed_and_missing_is_told() {
    let inventory = account_with(|file| {
        remove(&mut file["NetworkInterfaces"][0], "Groups");
        for member in [
            "PrivateIpAddress",
            "PrivateIpAddresses",
            "Ipv6Addresses",
            "Ipv4Prefixes",
            "Ipv6Prefixes",
        ] {
            file["NetworkInterfaces"][0].as_object_mut().unwrap().remove(member);
        }
        remove(file, "SecurityGroupRules");
        remove(&mut file["SecurityGroups"][0], "IpPermissions");
    });

    let id = &inventory.interfaces[0].id;
    let group = &inventory.security_groups[0].id;
    for expected in [
        format!("NetworkInterfaces[0]: {id} has no private address"),
        format!("NetworkInterfaces[0]: {id} has no Groups: all its traffic is refused"),
        format!("SecurityGroups[0]: {group} has no IpPermissions: it allows nothing there"),
    ] {
        assert!(inventory.ignored.contains(&expected), "{expected} in {:?}", inventory.ignored);
    }
}

#[test]
fn without_network_acls_no_subnet_has_one() {
    let inventory = account_with(|file| remove(file, "NetworkAcls"));

    assert!(inventory.subnets.iter().all(|subnet| subnet.network_acl.is_none()));
}

#[test]
fn sections_that_nothing_mentions_may_be_missing() {
    assert_eq!(Inventory::from_json("{}"), Ok(Inventory::default()));
}

#[test]
fn a_byte_order_mark_is_read_over() {
    assert!(Inventory::from_json(&format!("\u{feff}{ACCOUNT}")).is_ok());
}

#[test]
fn a_group_may_be_used_in_a_vpc_that_it_was_associated_with() {
    let inventory = account_with(|file| {
        file["NetworkInterfaces"][4]["Groups"] = json!([{"GroupId": "sg-0aa1b2c3d4e5f6071"}]);
        file["SecurityGroupVpcAssociations"] = json!([{
            "GroupId": "sg-0aa1b2c3d4e5f6071", "VpcId": "vpc-0b62d3f94e0a75c18",
            "State": "associated"
        }]);
    });

    assert_eq!(inventory.interfaces[4].security_groups, [0]);
}
