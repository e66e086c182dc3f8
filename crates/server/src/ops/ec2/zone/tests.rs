use super::super::answers::{all, at, check_filters, check_refusal, refused, text};
use crate::testing::TestDoor;

#[test]
fn zones_have_the_shape_that_aws_prints() {
    let mut door = TestDoor::new();

    let zones = door.ec2("DescribeAvailabilityZones", &[]).unwrap();

    assert_eq!(all(&zones, "availabilityZoneInfo", "zoneId"), ["use1-az1", "use1-az2", "use1-az3"]);
    for (member, value) in [
        ("optInStatus", "opt-in-not-required"),
        ("messageSet", ""),
        ("regionName", "us-east-1"),
        ("zoneName", "us-east-1a"),
        ("groupName", "us-east-1-zg-1"),
        ("groupLongName", "US East (N. Virginia) 1"),
        ("networkBorderGroup", "us-east-1"),
        ("zoneType", "availability-zone"),
        ("zoneState", "available"),
    ] {
        assert_eq!(text(&zones, &format!("availabilityZoneInfo.0.{member}")), value);
    }
    assert!(at(&zones, "availabilityZoneInfo.0.parentZoneName").is_none());
    let cases = [
        ("group-long-name", "US East*"),
        ("group-name", "us-east-1-zg-1"),
        ("message", ""),
        ("opt-in-status", "opt-in-not-required"),
        ("parent-zone-id", ""),
        ("parent-zone-name", ""),
        ("region-name", "us-east-1"),
        ("state", "available"),
        ("zone-id", "use1-az2"),
        ("zone-name", "us-east-1b"),
        ("zone-type", "availability-zone"),
    ];
    let (action, list) = ("DescribeAvailabilityZones", "availabilityZoneInfo");
    check_filters(&door, action, list, "zoneName", "us-east-1b", &cases);
    let found = door.ec2(action, &[("ZoneId.1", "use1-az3")]).unwrap();
    assert_eq!(all(&found, list, "zoneName"), ["us-east-1c"]);
    for name in ["ZoneName.1", "ZoneId.1"] {
        refused(
            door.ec2(action, &[(name, "us-east-1z")]),
            "InvalidParameterValue",
            "Invalid availability zone: [us-east-1z]",
        );
    }
    check_refusal(&mut door, action, &[], None);
}
