//! Rules that refer to security groups (vpc-filtering.md §2.4).

use super::*;

const DB: usize = 1;

#[test]
fn a_group_that_ought_to_be_in_the_file_is_a_fault() {
    let faults = peer(&json!({"GroupId": "sg-9", "UserId": "210987654321"})).unwrap_err();

    assert_eq!(
        faults,
        [
            "SecurityGroups[1].IpPermissions[0].UserIdGroupPairs[0].GroupId: sg-9 is not in SecurityGroups"
        ]
    );
}

#[test]
fn a_group_elsewhere_matches_nothing_and_is_told() {
    for reference in [
        json!({"GroupId": "sg-9", "UserId": "310987654321"}),
        json!({"GroupId": "sg-9", "VpcPeeringConnectionId": "pcx-9"}),
        json!({"GroupId": "sg-9", "PeeringStatus": "active"}),
        json!({"GroupId": "sg-9", "VpcId": "vpc-9"}),
    ] {
        let (peer, notes) = peer(&reference).unwrap();
        assert_eq!(peer, Peer::UnknownGroup("sg-9".to_owned()), "{reference}");
        assert!(notes.contains("sg-9 is a group of another VPC that is not in the file"));
    }
}

#[test]
fn a_group_over_a_peering_that_is_not_active_matches_nothing() {
    let web = "sg-0aa1b2c3d4e5f6071";
    for reference in [
        json!({"GroupId": web, "PeeringStatus": "deleted"}),
        json!({"GroupId": web, "VpcPeeringConnectionId": "pcx-0f90a1b2c3d4e5f67"}),
    ] {
        let (peer, notes) = peer(&reference).unwrap();
        assert_eq!(peer, Peer::UnknownGroup(web.to_owned()), "{reference}");
        assert!(notes.contains("is a group over a peering that is not active"), "{notes}");
    }
}

#[test]
fn a_group_of_another_vpc_in_the_file_is_reached_only_over_an_active_peering() {
    let between = |code: &str, region: &str| {
        let inventory = account_with(|file| {
            remove(file, "SecurityGroupRules");
            // Group `bastion` moves to VPC `tools`, away from its interface.
            file["SecurityGroups"][2]["VpcId"] = json!("vpc-0b62d3f94e0a75c18");
            file["NetworkInterfaces"][3]["Groups"] = json!([]);
            let peering = &mut file["VpcPeeringConnections"][1];
            peering["AccepterVpcInfo"]["VpcId"] = json!("vpc-0a51c2e83d9f64b07");
            peering["AccepterVpcInfo"]["Region"] = json!(region);
            peering["Status"]["Code"] = json!(code);
        });
        inventory.security_groups[0].ingress[3].peer.clone()
    };
    let unknown = Peer::UnknownGroup("sg-0cc3d4e5f60718293".to_owned());

    assert_eq!(between("active", "us-west-2"), Peer::SecurityGroup(2));
    assert_eq!(between("deleted", "us-west-2"), unknown);
    assert_eq!(between("active", "eu-west-1"), unknown);
}

#[test]
fn a_group_over_a_peering_between_regions_matches_nothing() {
    let inventory = account_with(|file| {
        file["VpcPeeringConnections"][0]["AccepterVpcInfo"]["Region"] = json!("eu-west-1");
    });

    let notes = inventory.ignored.join("\n");
    assert!(notes.contains("sg-0fe9d8c7b6a504132 is a group in another region"), "{notes}");
}

#[test]
fn a_reference_over_a_peering_that_nobody_knows_is_a_fault() {
    let faults =
        peer(&json!({"GroupId": "sg-0aa1b2c3d4e5f6071", "VpcPeeringConnectionId": "pcx-9"}))
            .unwrap_err();

    assert_eq!(
        faults,
        [
            "SecurityGroups[1].IpPermissions[0].UserIdGroupPairs[0].VpcPeeringConnectionId: pcx-9 is not in VpcPeeringConnections"
        ]
    );
}

/// Puts `reference` into the first rule of group `db`; returns its peer and the notes.
fn peer(reference: &Value) -> Result<(Peer, String), Vec<String>> {
    let mut file = account();
    remove(&mut file, "SecurityGroupRules");
    file["SecurityGroups"][DB]["IpPermissions"][0]["UserIdGroupPairs"] = json!([reference]);
    let inventory = read(&file)?;
    let peer = inventory.security_groups[DB].ingress[0].peer.clone();
    Ok((peer, inventory.ignored.join("\n")))
}
