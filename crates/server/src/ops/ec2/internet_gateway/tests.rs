use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::answers::{all, at, check_refusal, new_vpc, refused, refused_with, text};
use crate::config::{Config, Quotas};
use crate::testing::TestDoor;

struct Lab {
    door: TestDoor,
    vpc: String,
    gateway: String,
}

impl Lab {
    fn new() -> Self {
        let door = TestDoor::new();
        let vpc = new_vpc(&door, "10.0.0.0/16");
        let made = door.ec2("CreateInternetGateway", &[]).unwrap();
        let gateway = text(&made, "internetGateway.internetGatewayId").to_owned();
        Self { door, vpc, gateway }
    }

    fn call(&self, action: &str, vpc: &str) -> Result<Node, Fault> {
        self.door.ec2(action, &[("InternetGatewayId", &self.gateway), ("VpcId", vpc)])
    }

    fn described(&self) -> Node {
        let ids = [("InternetGatewayId.1", self.gateway.as_str())];
        let found = self.door.ec2("DescribeInternetGateways", &ids).unwrap();
        at(&found, "internetGatewaySet.0").unwrap().clone()
    }
}

#[test]
fn a_gateway_comes_and_goes_with_its_attachment() {
    let lab = Lab::new();
    assert_eq!(text(&lab.described(), "attachmentSet"), "");

    lab.call("AttachInternetGateway", &lab.vpc).unwrap();

    assert_eq!(all(&lab.described(), "attachmentSet", "vpcId"), [lab.vpc.as_str()]);
    assert_eq!(all(&lab.described(), "attachmentSet", "state"), ["available"]);
    let delete = || lab.door.ec2("DeleteInternetGateway", &[("InternetGatewayId", &lab.gateway)]);
    refused(
        delete(),
        "DependencyViolation",
        &format!("The internetGateway '{}' has dependencies and cannot be deleted.", lab.gateway),
    );
    refused(
        lab.door.ec2("DeleteVpc", &[("VpcId", &lab.vpc)]),
        "DependencyViolation",
        &format!("The vpc '{}' has dependencies and cannot be deleted.", lab.vpc),
    );
    lab.call("DetachInternetGateway", &lab.vpc).unwrap();
    assert_eq!(text(&lab.described(), "attachmentSet"), "");
    delete().unwrap();
    lab.door.ec2("DeleteVpc", &[("VpcId", &lab.vpc)]).unwrap();
    refused(
        delete(),
        "InvalidInternetGatewayID.NotFound",
        &format!("The internetGateway ID '{}' does not exist", lab.gateway),
    );
}

#[test]
fn a_vpc_has_one_gateway_and_a_gateway_one_vpc() {
    let lab = Lab::new();
    lab.call("AttachInternetGateway", &lab.vpc).unwrap();
    let other = new_vpc(&lab.door, "10.1.0.0/16");

    refused(
        lab.call("AttachInternetGateway", &other),
        "Resource.AlreadyAssociated",
        &format!("resource {} is already attached to network {}", lab.gateway, lab.vpc),
    );
    refused(
        lab.call("DetachInternetGateway", &other),
        "Gateway.NotAttached",
        &format!("resource {} is not attached to network {other}", lab.gateway),
    );
    let made = lab.door.ec2("CreateInternetGateway", &[]).unwrap();
    let second = text(&made, "internetGateway.internetGatewayId");
    refused(
        lab.door
            .ec2("AttachInternetGateway", &[("InternetGatewayId", second), ("VpcId", &lab.vpc)]),
        "InvalidParameterValue",
        &format!("Network {} already has an internet gateway attached", lab.vpc),
    );
}

#[test]
fn what_gateways_cannot_be_is_refused() {
    let lab = Lab::new();
    let none = "vpc-0123456789abcdef0";

    for action in ["AttachInternetGateway", "DetachInternetGateway"] {
        refused(
            lab.call(action, none),
            "InvalidVpcID.NotFound",
            &format!("The vpc ID '{none}' does not exist"),
        );
        refused_with(lab.call(action, "lab"), "InvalidVpcID.Malformed", "Invalid id: \"lab\"");
        let ids = [("InternetGatewayId", "igw"), ("VpcId", lab.vpc.as_str())];
        refused_with(lab.door.ec2(action, &ids), "InvalidInternetGatewayId.Malformed", "igw-...");
        let dry =
            [("InternetGatewayId", lab.gateway.as_str()), ("VpcId", none), ("DryRun", "true")];
        refused_with(lab.door.ec2(action, &dry), "DryRunOperation", "would have succeeded");
    }
    refused(
        lab.door.ec2("CreateInternetGateway", &[("TagSpecification.1.ResourceType", "vpc")]),
        "InvalidParameterValue",
        "'vpc' is not a valid taggable resource type for this operation.",
    );
    let quotas = Quotas { internet_gateways_per_region: 1, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    // The default VPC has one.
    refused_with(
        door.ec2("CreateInternetGateway", &[]),
        "InternetGatewayLimitExceeded",
        "maximum number",
    );
}

#[test]
fn a_gateway_has_tags() {
    let lab = Lab::new();
    let tagged = [
        ("TagSpecification.1.ResourceType", "internet-gateway"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "out"),
    ];

    let made = lab.door.ec2("CreateInternetGateway", &tagged).unwrap();

    let id = text(&made, "internetGateway.internetGatewayId");
    assert_eq!(all(&made, "internetGateway.tagSet", "value"), ["out"]);
    let filter = [("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "out")];
    let found = lab.door.ec2("DescribeInternetGateways", &filter).unwrap();
    assert_eq!(all(&found, "internetGatewaySet", "internetGatewayId"), [id]);
}

#[test]
fn who_may_not_is_told_so_of_gateways() {
    let mut lab = Lab::new();
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:internet-gateway/{}", lab.gateway);
    let any = "arn:aws:ec2:us-east-1:123456789012:internet-gateway/*";
    let (gateway, vpc) = (lab.gateway.clone(), lab.vpc.clone());
    let on = [("InternetGatewayId", gateway.as_str())];
    let both = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];

    check_refusal(&mut lab.door, "CreateInternetGateway", &[], Some(any));
    check_refusal(&mut lab.door, "DeleteInternetGateway", &on, Some(&arn));
    check_refusal(&mut lab.door, "AttachInternetGateway", &both, Some(&arn));
    check_refusal(&mut lab.door, "DetachInternetGateway", &both, Some(&arn));
}
