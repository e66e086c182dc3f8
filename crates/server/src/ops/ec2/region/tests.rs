use super::super::answers::{all, check_filters, check_refusal, refused};
use crate::testing::TestDoor;

#[test]
fn regions_are_listed_with_endpoint_and_status() {
    let mut door = TestDoor::new();

    let one = door.ec2("DescribeRegions", &[("RegionName.1", "us-east-1")]).unwrap();
    let all_regions = door.ec2("DescribeRegions", &[("AllRegions", "true")]).unwrap();

    assert_eq!(all(&one, "regionInfo", "regionEndpoint"), ["ec2.us-east-1.amazonaws.com"]);
    assert_eq!(all(&one, "regionInfo", "optInStatus"), ["opt-in-not-required"]);
    let names = all(&all_regions, "regionInfo", "regionName");
    let mut unique = names.clone();
    unique.dedup();
    assert!(names.contains(&"eu-central-1".to_owned()) && names.len() > 30);
    assert_eq!(names, unique);
    refused(
        door.ec2("DescribeRegions", &[("RegionName.1", "mars-1")]),
        "InvalidParameterValue",
        "Invalid region names: [mars-1]",
    );
    let cases = [
        ("endpoint", "ec2.us-east-1.amazonaws.com"),
        ("opt-in-status", "opt-in-not-required"),
        ("region-name", "us-east-1"),
    ];
    check_filters(&door, "DescribeRegions", "regionInfo", "regionName", "us-east-1", &cases);
    let tag = [("Filter.1.Name", "tag:a"), ("Filter.1.Value.1", "b")];
    refused(
        door.ec2("DescribeRegions", &tag),
        "InvalidParameterValue",
        "The filter 'tag:a' is invalid",
    );
    refused(
        door.ec2("DescribeRegions", &[("DryRun", "true")]),
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    );
    check_refusal(&mut door, "DescribeRegions", &[], None);
}
