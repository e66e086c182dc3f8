//! Reading answers in tests.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use crate::testing::TestDoor;

/// The text at a path like `vpcSet.0.vpcId`; numbers count list elements.
#[track_caller]
pub(super) fn text<'a>(answer: &'a Node, path: &str) -> &'a str {
    at(answer, path)
        .unwrap_or_else(|| panic!("{path} is not in {answer:?}"))
        .text()
        .unwrap_or_else(|| panic!("{path} is no text in {answer:?}"))
}

pub(super) fn at<'a>(answer: &'a Node, path: &str) -> Option<&'a Node> {
    path.split('.').try_fold(answer, |node, part| match part.parse::<usize>() {
        Ok(number) => node.elements().get(number).copied(),
        Err(_) => node.get(part),
    })
}

/// One member of every element of a list.
#[track_caller]
pub(super) fn all(answer: &Node, list: &str, member: &str) -> Vec<String> {
    let list = at(answer, list).unwrap_or_else(|| panic!("{list} is not in {answer:?}"));
    list.elements().iter().map(|element| text(element, member).to_owned()).collect()
}

/// Asserts that a call fails with a code and a text.
#[track_caller]
pub(super) fn refused(result: Result<Node, Fault>, code: &str, message: &str) {
    let fault = result.expect_err("the call was answered");
    assert_eq!((fault.code.as_ref(), fault.message.as_str()), (code, message));
}

/// Asserts that a call fails with a code, and with a text that has a part.
#[track_caller]
pub(super) fn refused_with(result: Result<Node, Fault>, code: &str, part: &str) {
    let fault = result.expect_err("the call was answered");
    assert!(fault.code == code && fault.message.contains(part), "{fault:?}");
}

/// Describes with one filter after the other. `cases` are all documented names with a value that one
/// resource has; an empty value where nothing here ever has one.
#[track_caller]
pub(super) fn check_filters(
    door: &TestDoor,
    action: &str,
    list: &str,
    id_member: &str,
    id: &str,
    cases: &[(&str, &str)],
) {
    for (name, value) in cases {
        let found = |value: &str| {
            let answer =
                door.ec2(action, &[("Filter.1.Name", name), ("Filter.1.Value.1", value)]).unwrap();
            all(&answer, list, id_member)
        };
        if value.is_empty() {
            assert_eq!(found("*"), Vec::<String>::new(), "{name}");
        } else {
            assert!(found(value).iter().any(|found| found == id), "{name} = {value}");
        }
        assert_eq!(found("no such value"), Vec::<String>::new(), "{name}");
    }
    refused(
        door.ec2(action, &[("Filter.1.Name", "colour"), ("Filter.1.Value.1", "red")]),
        "InvalidParameterValue",
        "The filter 'colour' is invalid",
    );
}

/// Asserts that a call is refused to a user without policies, and on which resource.
#[track_caller]
pub(super) fn check_refusal(
    door: &mut TestDoor,
    action: &str,
    parameters: &[(&str, &str)],
    resource: Option<&str>,
) {
    use crate::call::Identity;
    use flowlogd_aws::Arn;
    use flowlogd_aws::policy::Principal;

    let root = door.caller.clone();
    door.caller.identity = Identity::Iam {
        principal: Principal::User {
            arn: Arn::new("iam", "", &root.account, "user/eve"),
            id: "AIDAEVE".to_owned(),
            name: "eve".to_owned(),
        },
        policies: Box::default(),
    };
    let fault = door.ec2(action, parameters).expect_err("eve was answered");
    door.caller = root;
    let on = resource.map(|resource| format!(" on resource: {resource}")).unwrap_or_default();
    let expected = format!(
        "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/eve is not authorized to perform: ec2:{action}{on} "
    );
    assert!(
        fault.status == 403
            && fault.code == "UnauthorizedOperation"
            && fault.message.starts_with(&expected),
        "{fault:?}"
    );
}

/// The id of a new VPC.
pub(super) fn new_vpc(door: &TestDoor, cidr: &str) -> String {
    text(&door.ec2("CreateVpc", &[("CidrBlock", cidr)]).unwrap(), "vpc.vpcId").to_owned()
}

/// The id of a new VPC with an IPv6 block of one's own.
pub(super) fn new_ipv6_vpc(door: &TestDoor, cidr: &str, ipv6: &str) -> String {
    let parameters = [
        ("CidrBlock", cidr),
        ("Ipv6CidrBlock", ipv6),
        ("Ipv6Pool", "ipv6pool-ec2-0123456789abcdef0"),
    ];
    text(&door.ec2("CreateVpc", &parameters).unwrap(), "vpc.vpcId").to_owned()
}

/// The id of a new subnet of both families.
pub(super) fn new_ipv6_subnet(door: &TestDoor, vpc: &str, cidr: &str, ipv6: &str) -> String {
    let parameters = [("VpcId", vpc), ("CidrBlock", cidr), ("Ipv6CidrBlock", ipv6)];
    text(&door.ec2("CreateSubnet", &parameters).unwrap(), "subnet.subnetId").to_owned()
}

/// The id of a new subnet.
pub(super) fn new_subnet(door: &TestDoor, vpc: &str, cidr: &str) -> String {
    let parameters = [("VpcId", vpc), ("CidrBlock", cidr)];
    text(&door.ec2("CreateSubnet", &parameters).unwrap(), "subnet.subnetId").to_owned()
}

/// The id of a new interface.
pub(super) fn new_interface(door: &TestDoor, subnet: &str) -> String {
    let answer = door.ec2("CreateNetworkInterface", &[("SubnetId", subnet)]).unwrap();
    text(&answer, "networkInterface.networkInterfaceId").to_owned()
}

/// The network as what judges reads it.
pub(super) fn inventory(door: &TestDoor) -> flowlogd_vpc::Inventory {
    let place = crate::state::Place::regional(crate::testing::ACCOUNT, crate::testing::REGION);
    let state = door.door.state();
    let inventory = state.read(|txn| crate::inventory::inventory(txn, &place)).unwrap();
    flowlogd_vpc::Inventory::from_json(&inventory.to_string()).unwrap()
}

/// The documents of a kind, as they are stored.
pub(super) fn stored<D: crate::state::Document>(door: &TestDoor) -> Vec<D> {
    let place = crate::state::Place::regional(crate::testing::ACCOUNT, crate::testing::REGION);
    door.door.state().read(|txn| txn.list::<D>(&place)).unwrap()
}

/// Stores a document as another operation would.
pub(super) fn store<D: crate::state::Document>(door: &TestDoor, document: &D) {
    let place = crate::state::Place::regional(crate::testing::ACCOUNT, crate::testing::REGION);
    door.door.state().write(|txn| txn.put(&place, document, door.now)).unwrap();
}
