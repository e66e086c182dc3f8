//! What a file may not say.

use super::*;

const WEB: &str = "sg-0aa1b2c3d4e5f6071";
const PUBLIC: &str = "subnet-01d4a7f2c85b96e30";
const APP: &str = "subnet-02e5b8a3d96ca7f41";

/// Makes each change to the account, and expects the faults beside it and no others.
fn check(cases: &[(Edit<'_>, &[&str])]) {
    for (i, (edit, expected)) in cases.iter().enumerate() {
        assert_eq!(account_faults(edit), *expected, "case {i}");
    }
}

#[test]
#[rustfmt::skip]
fn what_is_mentioned_must_be_in_the_file() {
    check(&[
        (&|file| file["NetworkInterfaces"][4]["SubnetId"] = json!("subnet-9"),
         &["NetworkInterfaces[4].SubnetId: subnet-9 is not in Subnets"]),
        (&|file| file["Subnets"][3]["VpcId"] = json!("vpc-9"),
         &["Subnets[3].VpcId: vpc-9 is not in Vpcs"]),
        (&|file| file["NetworkInterfaces"][1]["Groups"][1]["GroupId"] = json!("sg-9"),
         &["NetworkInterfaces[1].Groups[1].GroupId: sg-9 is not in SecurityGroups"]),
        (&|file| file["SecurityGroups"][2]["VpcId"] = json!("vpc-9"),
         &["SecurityGroups[2].VpcId: vpc-9 is not in Vpcs"]),
        (&|file| file["NetworkAcls"][1]["Associations"][0]["SubnetId"] = json!("subnet-9"),
         &["NetworkAcls[1].Associations[0].SubnetId: subnet-9 is not in Subnets"]),
        (&|file| file["NetworkAcls"][1]["VpcId"] = json!("vpc-9"),
         &["NetworkAcls[1].VpcId: vpc-9 is not in Vpcs"]),
        (&|file| file["RouteTables"][1]["Associations"][0]["SubnetId"] = json!("subnet-9"),
         &["RouteTables[1].Associations[0].SubnetId: subnet-9 is not in Subnets"]),
        (&|file| push(file, "SecurityGroupRules", json!({
            "SecurityGroupRuleId": "sgr-9", "GroupId": "sg-9", "IsEgress": false,
            "IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0"})),
         &["SecurityGroupRules[15].GroupId: sg-9 is not in SecurityGroups"]),
        (&|file| { remove(file, "PrefixLists"); remove(file, "PrefixListEntries"); },
         &["SecurityGroupRules[2].PrefixListId: pl-0d7e8f90a1b2c3d45 is not in the file, which has no PrefixLists"]),
        (&|file| remove(&mut file["PrefixListEntries"], "pl-0d7e8f90a1b2c3d45"),
         &["SecurityGroupRules[2].PrefixListId: the file does not say what is in pl-0d7e8f90a1b2c3d45: expected PrefixListEntries.pl-0d7e8f90a1b2c3d45"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_id_is_there_once() {
    check(&[
        (&|file| file["Vpcs"][1]["VpcId"] = file["Vpcs"][0]["VpcId"].clone(),
         &["Vpcs[1].VpcId: vpc-0a51c2e83d9f64b07 is the id of Vpcs[0] already",
           "NetworkAcls[2].VpcId: vpc-0b62d3f94e0a75c18 is not in Vpcs",
           "RouteTables[2].VpcId: vpc-0b62d3f94e0a75c18 is not in Vpcs",
           "Subnets[3].VpcId: vpc-0b62d3f94e0a75c18 is not in Vpcs"]),
        (&|file| push_copy(file, "NetworkInterfaces", 2, &|eni| eni["PrivateIpAddresses"] = json!([])),
         &["NetworkInterfaces[5].NetworkInterfaceId: eni-033b4a5f6e7d8c9ba is the id of NetworkInterfaces[2] already",
           "NetworkInterfaces[5].PrivateIpAddress: 10.20.1.9 is eni-033b4a5f6e7d8c9ba's already (NetworkInterfaces[2].PrivateIpAddresses[0].PrivateIpAddress), in the same VPC"]),
        (&|file| push_copy(file, "SecurityGroupRules", 0, &|_| {}),
         &["SecurityGroupRules[15].SecurityGroupRuleId: sgr-00000001a2b3c0001 is the id of SecurityGroupRules[0] already"]),
        (&|file| push_copy(file, "PrefixLists", 0, &|_| {}),
         &["PrefixLists[2].PrefixListId: pl-0d7e8f90a1b2c3d45 is the id of PrefixLists[0] already"]),
        (&|file| push_copy(file, "VpcPeeringConnections", 0, &|_| {}),
         &["VpcPeeringConnections[2].VpcPeeringConnectionId: pcx-0e8f90a1b2c3d4e56 is the id of VpcPeeringConnections[0] already"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn addresses_and_blocks_are_inside_and_nobody_elses() {
    check(&[
        (&|file| file["Subnets"][3]["CidrBlock"] = json!("10.31.5.0/24"),
         &["Subnets[3]: 10.31.5.0/24 is outside the blocks of vpc-0b62d3f94e0a75c18",
           "NetworkInterfaces[4].PrivateIpAddresses[0].PrivateIpAddress: 10.30.5.20 is outside subnet-04a7dac5fb8ec9163"]),
        // The secondary block that was disassociated is none.
        (&|file| file["Subnets"][2]["CidrBlock"] = json!("10.99.0.0/24"),
         &["Subnets[2]: 10.99.0.0/24 is outside the blocks of vpc-0a51c2e83d9f64b07",
           "NetworkInterfaces[3].PrivateIpAddresses[0].PrivateIpAddress: 10.21.0.12 is outside subnet-03f6c9b4ea7db8052"]),
        (&|file| file["Subnets"][0]["CidrBlock"] = json!("10.20.0.0/22"),
         &["Subnets[1]: 10.20.2.0/24 overlaps 10.20.0.0/22 of subnet-01d4a7f2c85b96e30, in the same VPC"]),
        (&|file| file["NetworkInterfaces"][0]["Ipv6Addresses"][0]["Ipv6Address"] = json!("2001:db8::1"),
         &["NetworkInterfaces[0].Ipv6Addresses[0].Ipv6Address: 2001:db8::1 is outside subnet-02e5b8a3d96ca7f41"]),
        (&|file| file["NetworkInterfaces"][0]["Ipv4Prefixes"][0]["Ipv4Prefix"] = json!("10.20.0.0/20"),
         &["NetworkInterfaces[0].Ipv4Prefixes[0].Ipv4Prefix: 10.20.0.0/20 is outside subnet-02e5b8a3d96ca7f41",
           "NetworkInterfaces[2].PrivateIpAddresses[0].PrivateIpAddress: 10.20.1.9 is eni-011f2e3d4c5b6a798's already (NetworkInterfaces[0].Ipv4Prefixes[0].Ipv4Prefix), in the same VPC",
           "NetworkInterfaces[1].PrivateIpAddresses[0].PrivateIpAddress: 10.20.2.33 is eni-011f2e3d4c5b6a798's already (NetworkInterfaces[0].Ipv4Prefixes[0].Ipv4Prefix), in the same VPC"]),
        (&|file| set_address(file, 1, "10.20.2.18"),
         &["NetworkInterfaces[1].PrivateIpAddresses[0].PrivateIpAddress: 10.20.2.18 is eni-011f2e3d4c5b6a798's already (NetworkInterfaces[0].PrivateIpAddresses[1].PrivateIpAddress), in the same VPC"]),
        (&|file| set_address(file, 1, "10.20.2.70"),
         &["NetworkInterfaces[1].PrivateIpAddresses[0].PrivateIpAddress: 10.20.2.70 is eni-011f2e3d4c5b6a798's already (NetworkInterfaces[0].Ipv4Prefixes[0].Ipv4Prefix), in the same VPC"]),
        (&|file| file["NetworkInterfaces"][0]["PrivateIpAddresses"][1]["PrivateIpAddress"] = json!("10.20.2.17"),
         &["NetworkInterfaces[0].PrivateIpAddresses[1].PrivateIpAddress: 10.20.2.17 is given twice"]),
        (&|file| file["NetworkInterfaces"][0]["PrivateIpAddresses"][1]["Primary"] = json!(true),
         &["NetworkInterfaces[0].PrivateIpAddresses: 10.20.2.18 is a second address marked Primary"]),
        (&|file| file["NetworkInterfaces"][0]["PrivateIpAddress"] = json!("10.20.2.18"),
         &["NetworkInterfaces[0].PrivateIpAddress: 10.20.2.18 differs from 10.20.2.17, which is marked Primary"]),
        (&|file| { file["NetworkInterfaces"][0]["PrivateIpAddresses"][0]["Primary"] = json!(false);
                   file["NetworkInterfaces"][0]["PrivateIpAddress"] = json!("10.20.2.19"); },
         &["NetworkInterfaces[0].PrivateIpAddress: 10.20.2.19 is not in PrivateIpAddresses"]),
        (&|file| { file["NetworkInterfaces"][0]["PrivateIpAddresses"][0]["Primary"] = json!(false);
                   remove(&mut file["NetworkInterfaces"][0], "PrivateIpAddress"); },
         &["NetworkInterfaces[0].PrivateIpAddresses: none of several addresses is marked Primary"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn an_interface_and_its_groups_are_of_one_vpc() {
    check(&[
        (&|file| file["NetworkInterfaces"][0]["VpcId"] = json!("vpc-0b62d3f94e0a75c18"),
         &["NetworkInterfaces[0].VpcId: vpc-0b62d3f94e0a75c18 differs from vpc-0a51c2e83d9f64b07, the VPC of the subnet"]),
        (&|file| file["NetworkInterfaces"][4]["Groups"] = json!([{"GroupId": WEB}]),
         &["NetworkInterfaces[4].Groups[0].GroupId: sg-0aa1b2c3d4e5f6071 is of vpc-0a51c2e83d9f64b07, the interface of vpc-0b62d3f94e0a75c18"]),
        (&|file| file["NetworkInterfaces"][0]["Groups"] = json!([{"GroupId": WEB}, {"GroupId": WEB}]),
         &["NetworkInterfaces[0].Groups[1].GroupId: sg-0aa1b2c3d4e5f6071 is given twice"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn a_subnet_has_one_network_acl_of_its_own_vpc() {
    check(&[
        (&|file| push(&mut file["NetworkAcls"][0], "Associations", json!({"SubnetId": APP})),
         &["NetworkAcls[1].Associations[0].SubnetId: subnet-02e5b8a3d96ca7f41 is associated with acl-011a2b3c4d5e6f708 already"]),
        (&|file| { file["NetworkAcls"][0]["Associations"].as_array_mut().unwrap().remove(0);
                   push(&mut file["NetworkAcls"][2], "Associations", json!({"SubnetId": PUBLIC})); },
         &["NetworkAcls[2].Associations[0].SubnetId: subnet-01d4a7f2c85b96e30 is of vpc-0a51c2e83d9f64b07, the network ACL of vpc-0b62d3f94e0a75c18"]),
        (&|file| file["NetworkAcls"][1]["IsDefault"] = json!(true),
         &["NetworkAcls[1]: vpc-0a51c2e83d9f64b07 has acl-011a2b3c4d5e6f708 as its default network ACL already"]),
        (&|file| file["NetworkAcls"][2]["IsDefault"] = json!(false),
         &["Subnets[3]: no element of NetworkAcls is associated with subnet-04a7dac5fb8ec9163, and its VPC has no default one"]),
        (&|file| file["NetworkAcls"][1]["Entries"][3]["RuleNumber"] = json!(110),
         &["NetworkAcls[1].Entries[4].RuleNumber: 110 is the number of NetworkAcls[1].Entries[3] already"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn route_tables_do_not_contradict_each_other() {
    check(&[
        (&|file| file["RouteTables"][1]["Associations"][0]["Main"] = json!(true),
         &["RouteTables[1].Associations[0]: vpc-0a51c2e83d9f64b07 has rtb-011b2c3d4e5f60718 as its main route table already"]),
        (&|file| file["RouteTables"][1]["Routes"][1]["DestinationIpv6CidrBlock"] = json!("::/0"),
         &["RouteTables[1].Routes[1]: expected exactly one of DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn prefix_lists_do_not_contradict_each_other() {
    check(&[
        (&|file| file["PrefixLists"][1]["Cidrs"] = json!(["192.0.2.0/24"]),
         &["PrefixListEntries.pl-68a54001: the entries differ from those of PrefixLists[1]"]),
        (&|file| file["PrefixListEntries"]["pl-68a54001"][1]["Cidr"] = json!("2001:db8::/32"),
         &["PrefixListEntries.pl-68a54001[1].Cidr: expected an IPv4 block, got 2001:db8::/32"]),
        (&|file| file["PrefixListEntries"]["list"] = json!([]),
         &["PrefixListEntries.list: malformed id: expected pl-…"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn malformed_members_are_refused() {
    check(&[
        (&|file| file["NetworkInterfaces"][0]["MacAddress"] = json!("02-5c-91-aa-07-11"),
         &["NetworkInterfaces[0].MacAddress: malformed MAC address 02-5c-91-aa-07-11: expected the form 06:6a:0f:9a:49:37"]),
        (&|file| file["NetworkInterfaces"][0]["MacAddress"] = json!("02:5c:91:aa:07:+1"),
         &["NetworkInterfaces[0].MacAddress: malformed MAC address 02:5c:91:aa:07:+1: expected the form 06:6a:0f:9a:49:37"]),
        (&|file| file["NetworkInterfaces"][0]["OwnerId"] = json!("21098765432x"),
         &["NetworkInterfaces[0].OwnerId: malformed account 21098765432x: expected 12 digits"]),
        (&|file| file["NetworkInterfaces"][0]["SourceDestCheck"] = json!("true"),
         &["NetworkInterfaces[0].SourceDestCheck: expected true or false, got text"]),
        (&|file| file["NetworkInterfaces"][0]["Ipv6Addresses"][0]["Ipv6Address"] = json!("::g"),
         &["NetworkInterfaces[0].Ipv6Addresses[0].Ipv6Address: malformed IPv6 address ::g"]),
        (&|file| file["NetworkInterfaces"][0]["ConnectionTrackingConfiguration"]["UdpTimeout"] = json!(61),
         &["NetworkInterfaces[0].ConnectionTrackingConfiguration.UdpTimeout: timeout 61 is out of range: expected 30 to 60 seconds"]),
        // A malformed id is one fault, not one for each mention as well.
        (&|file| { let id = json!("sub net"); file["Subnets"][3]["SubnetId"] = id.clone();
                   file["NetworkInterfaces"][4]["SubnetId"] = id; },
         &["Subnets[3].SubnetId: malformed id \"sub net\": expected subnet-…",
           "NetworkInterfaces[4].SubnetId: malformed id \"sub net\": expected subnet-…"]),
        (&|file| remove(&mut file["VpcPeeringConnections"][0], "AccepterVpcInfo"),
         &["VpcPeeringConnections[0].AccepterVpcInfo: is missing: expected an object with a VpcId"]),
        (&|file| file["Subnets"][0]["AvailabilityZoneId"] = json!("use1 az6"),
         &["Subnets[0].AvailabilityZoneId: malformed zone: expected a name without spaces, such as us-east-1a"]),
        (&|file| file["NetworkInterfaces"][0]["InterfaceType"] = json!("a b"),
         &["NetworkInterfaces[0].InterfaceType: malformed type: expected a name without spaces"]),
        (&|file| file["NetworkInterfaces"][0]["Attachment"]["InstanceId"] = json!("instance-1"),
         &["NetworkInterfaces[0].Attachment.InstanceId: malformed id instance-1: expected i-…"]),
        (&|file| remove(&mut file["VpcPeeringConnections"][0], "Status"),
         &["VpcPeeringConnections[0].Status: is missing: expected an object with a Code, such as active"]),
        (&|file| file["NetworkAcl"] = json!([]),
         &["NetworkAcl: unknown member: expected Vpcs, Subnets, NetworkInterfaces, SecurityGroups, SecurityGroupRules, SecurityGroupVpcAssociations, NetworkAcls, PrefixLists, PrefixListEntries, VpcPeeringConnections, RouteTables, or another of EC2's"]),
    ]);
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let faults = account_faults(|file| {
        file["Vpcs"][0]["CidrBlock"] = json!("10.20.0.0/33");
        file["Subnets"][2] = json!(5);
        file["NetworkInterfaces"][0]["MacAddress"] = json!(5);
        file["NetworkInterfaces"][1]["Groups"][0]["GroupId"] = json!("sg-9");
        file["NetworkInterfaces"][2]["PrivateIpAddresses"][0]["PrivateIpAddress"] = json!("x");
        file["SecurityGroups"][0]["IpPermissions"][0]["FromPort"] = json!(444);
        file["SecurityGroupRules"][4]["IpProtocol"] = json!("icpm");
        file["NetworkAcls"][0]["Entries"] = json!("none");
        file["NetworkAcls"][1]["Entries"][0]["PortRange"] = json!([1024, 65535]);
        file["PrefixListEntries"]["pl-68a54001"] = json!(["192.0.2.0/25"]);
        file["VpcPeeringConnections"][0]["Status"]["Code"] = Value::Null;
        file["RouteTables"][0]["Routes"][2]["DestinationCidrBlock"] = json!("everywhere");
        file["SecuritGroups"] = json!([]);
    });

    insta::assert_snapshot!(faults.join("\n"), @r"
    SecuritGroups: unknown member: expected Vpcs, Subnets, NetworkInterfaces, SecurityGroups, SecurityGroupRules, SecurityGroupVpcAssociations, NetworkAcls, PrefixLists, PrefixListEntries, VpcPeeringConnections, RouteTables, or another of EC2's
    Vpcs[0].CidrBlock: CIDR block 10.20.0.0/33 is malformed
    Subnets[2]: expected an object, got a number
    NetworkInterfaces[0].MacAddress: expected text, got a number
    NetworkInterfaces[2].PrivateIpAddresses[0].PrivateIpAddress: malformed IPv4 address x
    SecurityGroups[0].IpPermissions[0].FromPort: port range 444 to 443 is upside down
    SecurityGroupRules[4].IpProtocol: unknown protocol icpm: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1
    NetworkAcls[0].Entries: expected a list, got text
    NetworkAcls[1].Entries[0].PortRange: expected an object, got a list
    PrefixListEntries.pl-68a54001[0]: expected an object, got text
    VpcPeeringConnections[0].Status.Code: is missing: expected a state, such as active
    RouteTables[0].Routes[2].DestinationCidrBlock: CIDR block everywhere is malformed
    NetworkAcls[0].Associations[1].SubnetId: subnet-03f6c9b4ea7db8052 is not in Subnets
    NetworkInterfaces[1].Groups[0].GroupId: sg-9 is not in SecurityGroups
    NetworkInterfaces[3].SubnetId: subnet-03f6c9b4ea7db8052 is not in Subnets
    ");
}

#[test]
fn a_section_of_another_type_is_not_a_missing_section() {
    let faults = account_faults(|file| file["SecurityGroups"] = json!({}));

    assert_eq!(faults[0], "SecurityGroups: expected a list, got an object");
    assert!(faults[1].ends_with(" is not in SecurityGroups"), "{}", faults[1]);
}

#[test]
fn the_two_answers_about_rules_must_agree() {
    let one_moment = "both must be of one moment";
    let cases: &[(Edit<'_>, &[&str])] = &[
        (
            &|file| file["SecurityGroupRules"][0]["ToPort"] = json!(444),
            &[
                "SecurityGroups[0].IpPermissions[0].IpRanges[0]: SecurityGroupRules has no such rule of sg-0aa1b2c3d4e5f6071",
                "SecurityGroupRules[0]: SecurityGroups has no such rule of sg-0aa1b2c3d4e5f6071",
            ],
        ),
        (
            &|file| file["SecurityGroupRules"][13]["IsEgress"] = json!(false),
            &[
                "SecurityGroups[2].IpPermissionsEgress[0].IpRanges[0]: SecurityGroupRules has no such rule of sg-0cc3d4e5f60718293",
                "SecurityGroupRules[13]: SecurityGroups has no such rule of sg-0cc3d4e5f60718293",
            ],
        ),
        (
            &|file| file["SecurityGroups"][2]["IpPermissions"] = json!([]),
            &["SecurityGroupRules[12]: SecurityGroups has no such rule of sg-0cc3d4e5f60718293"],
        ),
        (
            &|file| {
                file["SecurityGroupRules"].as_array_mut().unwrap().remove(12);
            },
            &[
                "SecurityGroups[2].IpPermissions[0].IpRanges[0]: SecurityGroupRules has no such rule of sg-0cc3d4e5f60718293",
            ],
        ),
    ];
    for (edit, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|fault| format!("{fault}: {one_moment}")).collect();
        assert_eq!(account_faults(edit), expected);
    }
    // A group that has no permissions at all says nothing that could differ.
    let inventory = account_with(|file| remove(&mut file["SecurityGroups"][2], "IpPermissions"));
    assert_eq!(inventory.security_groups[2].ingress.len(), 1);
}

#[test]
fn a_member_that_is_given_twice_is_told() {
    let twice = r#"{"Vpcs": [{"VpcId": "vpc-1", "VpcId": "vpc-2", "CidrBlock": "10.0.0.0/16"}],
        "Subnets": [], "Subnets": [], "PrefixListEntries": {"pl-1": [], "pl-1": []}}"#;

    let faults = lines(&Inventory::from_json(twice).unwrap_err());

    assert_eq!(
        faults,
        [
            "Vpcs[0].VpcId: is given twice in one object: merge the two",
            "Subnets: is given twice in one object: merge the two",
            "PrefixListEntries.pl-1: is given twice in one object: merge the two",
        ]
    );
}

#[test]
fn after_a_hundred_faults_the_others_are_counted() {
    let vpcs: Vec<_> = (0..103).map(|i| json!({"VpcId": format!("vpc-{i}")})).collect();

    let faults = faults_of(&json!({"Vpcs": vpcs}));

    assert_eq!(faults.len(), 101);
    assert!(faults[99].starts_with("Vpcs[99].CidrBlock: is missing"), "{}", faults[99]);
    assert_eq!(faults[100], "inventory: and 3 more faults");
}

#[test]
fn a_fault_is_one_line_whatever_the_file_says() {
    let text = format!("eni-\n\u{1b}[31m{}", "x".repeat(100_000));
    let faults = account_faults(|file| {
        file["NetworkInterfaces"][0]["NetworkInterfaceId"] = json!(text);
        file["NetworkInterfaces"][1]["SubnetId"] = json!(text);
        file["NetworkInterfaces"][2]["PrivateIpAddress"] = json!(text);
        file["SecurityGroupRules"][0]["IpProtocol"] = json!(text);
        file["NetworkAcls"][0]["VpcId"] = json!(text);
        file["PrefixListEntries"][&text] = json!([]);
        file["NetworkInterfaces"][3]["Groups"][0]["GroupId"] =
            json!(format!("sg-{}", "x".repeat(100_000)));
        file[&text] = json!([]);
    });

    assert!(faults.len() >= 7, "{faults:#?}");
    for fault in faults {
        assert!(fault.len() < 500 && !fault.contains(char::is_control), "{fault:.600}");
    }
}
