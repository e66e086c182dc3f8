//! Files that are no inventory, large ones, and hostile ones.

use super::*;

#[test]
fn what_is_no_inventory_is_one_fault_in_one_line() {
    let long_number = format!("{{\"Vpcs\": {}}}", "1".repeat(1_000_000));
    let deep = format!("{{\"Vpcs\": {}", "[".repeat(100_000));
    let cases = [
        (
            "",
            "inventory: the file is empty: expected one JSON object, what `aws ec2 describe-*` prints",
        ),
        (
            " \n\t",
            "inventory: the file is empty: expected one JSON object, what `aws ec2 describe-*` prints",
        ),
        (
            "[{}]",
            "inventory: the file holds a list: expected one JSON object with members such as Vpcs and NetworkInterfaces",
        ),
        ("\"Vpcs\"", "inventory: the file holds a single value: expected one JSON object"),
        ("vpcs:\n- id", "line 1 column 1: cannot be read as JSON: expected value"),
        ("{\n  \"Vpcs\": [}", "line 2 column 12: cannot be read as JSON: expected value"),
        (
            "{\"Vpcs\": [{\"VpcId\": \"vpc-",
            "line 1 column 25: cannot be read as JSON: EOF while parsing a string",
        ),
        (
            "{\"Vpcs\": []}\n{\"Subnets\": []}",
            "line 2 column 1: something follows the object: the file must hold one object that has all members, as `jq -s add` makes of several",
        ),
        (&long_number, "line 1 column 1000009: cannot be read as JSON: number out of range"),
        (&deep, "line 1 column 136: cannot be read as JSON: recursion limit exceeded"),
    ];
    for (text, expected) in cases {
        let faults = lines(&Inventory::from_json(text).unwrap_err());
        assert_eq!(faults, [expected], "{text:.40}");
    }
}

#[test]
fn numbers_and_nesting_in_what_is_read_over_do_not_matter() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);

    let inventory = Inventory::from_json(&format!("{{\"Reservations\": {deep}}}")).unwrap();

    assert_eq!(inventory.ignored, ["Reservations: is not used"]);
}

#[test]
fn ten_thousand_interfaces_and_a_list_of_a_thousand_blocks_are_read() {
    let interfaces: Vec<_> = (0..10_000u32)
        .map(|i| {
            json!({
                "NetworkInterfaceId": format!("eni-{i:017x}"),
                "SubnetId": "subnet-1",
                "PrivateIpAddress": format!("10.0.{}.{}", i >> 8, i & 255),
                "Groups": [{"GroupId": "sg-1"}],
            })
        })
        .collect();
    let blocks: Vec<_> =
        (0..1000).map(|i| json!({"Cidr": format!("10.{}.{}.0/24", i >> 8, i & 255)})).collect();

    let inventory = read(&json!({
        "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
        "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
        "SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1"}],
        "NetworkInterfaces": interfaces,
        "PrefixListEntries": {"pl-1": blocks},
    }))
    .unwrap();

    assert_eq!(inventory.interfaces.len(), 10_000);
    assert_eq!(inventory.prefix_lists[0].entries.len(), 1000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever stands in a file, it is read or refused; and what is read has valid references.
    #[test]
    fn no_value_in_no_place_is_a_panic(
        places in prop::collection::vec((any::<prop::sample::Index>(), value()), 1..4),
    ) {
        let mut file = account();
        for (place, value) in places {
            let mut pointers = Vec::new();
            collect_pointers(&file, &mut String::new(), &mut pointers);
            let pointer = place.get(&pointers);
            *file.pointer_mut(pointer).unwrap() = value;
        }
        if let Ok(inventory) = Inventory::from_json(&file.to_string()) {
            assert_references_are_valid(&inventory);
        }
    }

    #[test]
    fn no_change_of_bytes_is_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = ACCOUNT.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(inventory) = Inventory::from_json(&text) {
            assert_references_are_valid(&inventory);
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            json!([]),
            json!({}),
            json!([[]]),
            json!([{}]),
            json!("::/0"),
            json!("0.0.0.0/0"),
            json!("10.20.2.17"),
            json!("vpc-0b62d3f94e0a75c18"),
            json!("sg-0aa1b2c3d4e5f6071"),
            json!("subnet-04a7dac5fb8ec9163"),
            json!("icmp"),
            json!("6"),
            json!(32767),
        ]),
    ]
}

fn collect_pointers(value: &Value, path: &mut String, pointers: &mut Vec<String>) {
    let length = path.len();
    let mut descend = |step: String, value: &Value| {
        path.truncate(length);
        path.push('/');
        path.push_str(&step);
        pointers.push(path.clone());
        collect_pointers(value, path, pointers);
    };
    match value {
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(i, value)| descend(i.to_string(), value));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| descend(name.clone(), value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn assert_references_are_valid(inventory: &Inventory) {
    for subnet in &inventory.subnets {
        assert!(subnet.vpc < inventory.vpcs.len());
        assert!(subnet.network_acl.is_none_or(|acl| acl < inventory.network_acls.len()));
        assert!(subnet.route_table.is_none_or(|table| table < inventory.route_tables.len()));
    }
    for interface in &inventory.interfaces {
        assert_eq!(inventory.subnets[interface.subnet].vpc, interface.vpc);
        assert!(interface.security_groups.iter().all(|&g| g < inventory.security_groups.len()));
    }
    for group in &inventory.security_groups {
        for rule in group.ingress.iter().chain(&group.egress) {
            match rule.peer {
                Peer::PrefixList(list) => assert!(list < inventory.prefix_lists.len()),
                Peer::SecurityGroup(group) => assert!(group < inventory.security_groups.len()),
                Peer::Cidr(_) | Peer::UnknownGroup(_) => {}
            }
        }
    }
}
