use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use super::super::answers::{all, refused, refused_with, stored, text};
use super::furnish;
use crate::dispatch::Circumstances;
use crate::model::{InternetGateway, NetworkAcl, Subnet, Vpc};
use crate::state::{Place, StateError};
use crate::testing::{ACCOUNT, NOW, TestDoor};

fn circumstances(region: &str) -> Circumstances {
    Circumstances {
        now: NOW,
        region: region.to_owned(),
        request_id: String::new(),
        source_ip: None,
        user_agent: None,
        secure: false,
    }
}

#[test]
fn a_fresh_region_has_a_public_subnet_in_every_zone() {
    let door = TestDoor::new();

    let vpcs = door.ec2("DescribeVpcs", &[]).unwrap();
    let subnets = door.ec2("DescribeSubnets", &[]).unwrap();
    let tables = door.ec2("DescribeRouteTables", &[]).unwrap();
    let gateways = door.ec2("DescribeInternetGateways", &[]).unwrap();

    assert_eq!(all(&vpcs, "vpcSet", "cidrBlock"), ["172.31.0.0/16"]);
    assert_eq!(all(&vpcs, "vpcSet", "isDefault"), ["true"]);
    let vpc = text(&vpcs, "vpcSet.0.vpcId");
    let mut zones: Vec<_> = stored::<Subnet>(&door).iter().map(|it| it.zone.clone()).collect();
    zones.dedup();
    assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1c"]);
    let mut cidrs = all(&subnets, "subnetSet", "cidrBlock");
    cidrs.sort();
    assert_eq!(cidrs, ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]);
    assert_eq!(all(&subnets, "subnetSet", "defaultForAz"), ["true"; 3]);
    assert_eq!(all(&subnets, "subnetSet", "mapPublicIpOnLaunch"), ["true"; 3]);
    assert_eq!(all(&subnets, "subnetSet", "availableIpAddressCount"), ["4091"; 3]);
    let acls = stored::<NetworkAcl>(&door);
    let associated: Vec<_> = acls[0].associations.iter().map(|it| it.subnet_id.clone()).collect();
    let ids: Vec<_> = stored::<Subnet>(&door).iter().map(|it| it.id.clone()).collect();
    assert_eq!((acls.len(), associated), (1, ids));
    let gateway = text(&gateways, "internetGatewaySet.0.internetGatewayId");
    assert_eq!(text(&gateways, "internetGatewaySet.0.attachmentSet.0.vpcId"), vpc);
    assert_eq!(all(&tables, "routeTableSet.0.routeSet", "gatewayId"), ["local", gateway]);
    assert_eq!(
        all(&tables, "routeTableSet.0.routeSet", "destinationCidrBlock"),
        ["172.31.0.0/16", "0.0.0.0/0"]
    );
    assert_eq!(text(&tables, "routeTableSet.0.associationSet.0.main"), "true");
}

#[test]
fn a_region_is_furnished_once() {
    let door = TestDoor::new();
    let state = door.door.state();
    let mut changes = state.changes();

    furnish(state, ACCOUNT, &circumstances("us-east-1")).unwrap();
    let first = stored::<Vpc>(&door);
    changes.borrow_and_update();
    furnish(state, ACCOUNT, &circumstances("us-east-1")).unwrap();

    assert_eq!(stored::<Vpc>(&door), first);
    assert!(!changes.has_changed().unwrap(), "nothing is written the second time");
}

#[test]
fn a_furnished_region_is_looked_at_without_waiting_for_writers() {
    let door = TestDoor::new();
    let state = door.door.state();
    furnish(state, ACCOUNT, &circumstances("us-east-1")).unwrap();
    let (done, is_done) = mpsc::channel();
    let other = Arc::clone(state);

    let ended = state.write(|_| {
        std::thread::spawn(move || {
            done.send(furnish(&other, ACCOUNT, &circumstances("us-east-1"))).unwrap();
        });
        Ok::<_, StateError>(is_done.recv_timeout(Duration::from_secs(20)))
    });

    assert_eq!(ended.unwrap(), Ok(Ok(())));
}

#[test]
fn first_calls_that_come_at_once_make_one_default_vpc() {
    let door = TestDoor::new();
    let state = door.door.state();
    let accounts: Vec<String> = (0..10).map(|number| format!("{number:012}")).collect();

    for account in &accounts {
        let barrier = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    furnish(state, account, &circumstances("us-east-1")).unwrap();
                });
            }
        });
    }

    for account in &accounts {
        let place = Place::regional(account, "us-east-1");
        assert_eq!(state.read(|txn| txn.list::<Vpc>(&place)).unwrap().len(), 1, "{account}");
    }
}

#[test]
fn regions_and_accounts_are_furnished_each() {
    let door = TestDoor::new();
    let state = door.door.state();
    let subnets = |account: &str, region: &str| {
        furnish(state, account, &circumstances(region)).unwrap();
        let place = Place::regional(account, region);
        let subnets = state.read(|txn| txn.list::<Subnet>(&place)).unwrap();
        subnets.into_iter().map(|subnet| subnet.zone).collect::<Vec<_>>()
    };

    assert_eq!(subnets(ACCOUNT, "eu-west-1"), ["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    assert_eq!(subnets("210987654321", "eu-west-1").len(), 3);
    assert_eq!(stored::<Vpc>(&door), [], "nobody looked at us-east-1");
}

#[test]
fn a_deleted_default_vpc_comes_back_only_when_asked_for() {
    let door = TestDoor::new();
    let vpc = text(&door.ec2("DescribeVpcs", &[]).unwrap(), "vpcSet.0.vpcId").to_owned();
    refused(
        door.ec2("CreateDefaultVpc", &[]),
        "DefaultVpcAlreadyExists",
        "A Default VPC already exists for this account in this region.",
    );

    for subnet in stored::<Subnet>(&door) {
        door.ec2("DeleteSubnet", &[("SubnetId", &subnet.id)]).unwrap();
    }
    let delete = || door.ec2("DeleteVpc", &[("VpcId", &vpc)]);
    refused_with(delete(), "DependencyViolation", &vpc);
    let gateway = stored::<InternetGateway>(&door).remove(0).id;
    let detach = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
    door.ec2("DetachInternetGateway", &detach).unwrap();
    delete().unwrap();

    let vpcs = door.ec2("DescribeVpcs", &[]).unwrap();
    assert_eq!(all(&vpcs, "vpcSet", "vpcId"), Vec::<String>::new());

    let made = door.ec2("CreateDefaultVpc", &[]).unwrap();
    assert_eq!(text(&made, "vpc.isDefault"), "true");
    assert_eq!(stored::<Subnet>(&door).len(), 3);
}

#[test]
fn only_an_account_that_looks_is_furnished() -> Result<(), StateError> {
    let door = TestDoor::new();

    door.sts("GetCallerIdentity", &[]).unwrap();

    let places = door.door.state().read(|txn| txn.places::<Vpc>().map(|places| places.len()))?;
    assert_eq!(places, 0);
    Ok(())
}
