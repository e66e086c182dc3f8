//! Entries: made, replaced, deleted.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{IcmpTypeCodeParameter, PortRangeParameter};
use flowlogd_aws::ec2::{
    CreateNetworkAclEntryRequest, DeleteNetworkAclEntryRequest, ReplaceNetworkAclEntryRequest,
};

use super::authorized;
use crate::call::Call;
use crate::model::AclEntry;
use crate::ops::ec2::identifier::ACL;
use crate::ops::ec2::security_group::block;

/// Numbers that entries may have.
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=32766;

/// What a request says of an entry.
struct Wanted<'a> {
    number: i32,
    protocol: &'a str,
    action: &'a str,
    is_egress: bool,
    cidr_block: Option<&'a String>,
    ipv6_cidr_block: Option<&'a String>,
    icmp: Option<IcmpTypeCodeParameter>,
    ports: Option<PortRangeParameter>,
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn create(
    call: &Call<'_>,
    request: CreateNetworkAclEntryRequest,
) -> Result<(), Fault> {
    let acl = authorized(call, &request.network_acl_id)?;
    let entry = Wanted {
        number: request.rule_number,
        protocol: &request.protocol,
        action: &request.rule_action,
        is_egress: request.egress,
        cidr_block: request.cidr_block.as_ref(),
        ipv6_cidr_block: request.ipv6_cidr_block.as_ref(),
        icmp: request.icmp,
        ports: request.port_range,
    }
    .read()?;
    call.dry_run(request.dry_run)?;
    let mut acl = acl.ok_or_else(|| ACL.missing(&request.network_acl_id))?;
    let is_its = |it: &AclEntry| (it.is_egress, it.number) == (entry.is_egress, entry.number);
    if acl.entries.iter().any(is_its) {
        return Err(Fault::new(
            "NetworkAclEntryAlreadyExists",
            format!("The network acl entry identified by {} already exists.", entry.number),
        ));
    }
    let is_v6 = |it: &AclEntry| it.cidr.contains(':');
    let alike = acl
        .entries
        .iter()
        .filter(|it| it.is_egress == entry.is_egress && is_v6(it) == is_v6(&entry))
        .count();
    // The closing entry counts too.
    if alike + 1 >= call.config.quotas.entries_per_network_acl {
        return Err(Fault::new(
            "NetworkAclEntryLimitExceeded",
            "The maximum number of network acl entries has been reached.",
        ));
    }
    acl.entries.push(entry);
    call.put(&acl)?;
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn replace(
    call: &Call<'_>,
    request: ReplaceNetworkAclEntryRequest,
) -> Result<(), Fault> {
    let acl = authorized(call, &request.network_acl_id)?;
    let entry = Wanted {
        number: request.rule_number,
        protocol: &request.protocol,
        action: &request.rule_action,
        is_egress: request.egress,
        cidr_block: request.cidr_block.as_ref(),
        ipv6_cidr_block: request.ipv6_cidr_block.as_ref(),
        icmp: request.icmp,
        ports: request.port_range,
    }
    .read()?;
    call.dry_run(request.dry_run)?;
    let mut acl = acl.ok_or_else(|| ACL.missing(&request.network_acl_id))?;
    let place = acl
        .entries
        .iter_mut()
        .find(|it| (it.is_egress, it.number) == (entry.is_egress, entry.number));
    match place {
        Some(place) => *place = entry,
        None => return Err(missing(entry.number.into())),
    }
    call.put(&acl)?;
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn delete(
    call: &Call<'_>,
    request: DeleteNetworkAclEntryRequest,
) -> Result<(), Fault> {
    let acl = authorized(call, &request.network_acl_id)?;
    number(request.rule_number)?;
    call.dry_run(request.dry_run)?;
    let mut acl = acl.ok_or_else(|| ACL.missing(&request.network_acl_id))?;
    let before = acl.entries.len();
    acl.entries
        .retain(|it| it.is_egress != request.egress || i32::from(it.number) != request.rule_number);
    if acl.entries.len() == before {
        return Err(missing(request.rule_number));
    }
    call.put(&acl)?;
    Ok(())
}

fn missing(number: i32) -> Fault {
    Fault::new(
        "InvalidNetworkAclEntry.NotFound",
        format!("The network acl entry identified by {number} does not exist."),
    )
}

fn value(text: String) -> Fault {
    Fault::new("InvalidParameterValue", text)
}

fn number(number: i32) -> Result<u16, Fault> {
    u16::try_from(number).ok().filter(|_| NUMBERS.contains(&number)).ok_or_else(|| {
        value(format!(
            "Value ({number}) for parameter ruleNumber is invalid. Rule numbers are 1 to 32766."
        ))
    })
}

impl Wanted<'_> {
    fn read(&self) -> Result<AclEntry, Fault> {
        let number = number(self.number)?;
        let protocol = protocol(self.protocol)?;
        let allow = match self.action {
            "allow" => true,
            "deny" => false,
            other => {
                return Err(value(format!(
                    "Value ({other}) for parameter ruleAction is invalid. Valid values: allow, deny."
                )));
            }
        };
        let (cidr, is_v6) = match (self.cidr_block, self.ipv6_cidr_block) {
            (Some(cidr), None) => (block(cidr, false)?, false),
            (None, Some(cidr)) => (block(cidr, true)?, true),
            (Some(_), Some(_)) => {
                return Err(Fault::new(
                    "InvalidParameterCombination",
                    "An entry has either cidrBlock or ipv6CidrBlock, not both",
                ));
            }
            (None, None) => {
                return Err(Fault::new(
                    "MissingParameter",
                    "Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.",
                ));
            }
        };
        let has_ports = matches!(protocol.as_str(), "6" | "17");
        let has_icmp = protocol == "1" || protocol == "58" && is_v6;
        Ok(AclEntry {
            number,
            is_egress: self.is_egress,
            cidr,
            allow,
            ports: if has_ports { Some(self.ports()?) } else { None },
            icmp: if has_icmp { Some(self.icmp()?) } else { None },
            protocol,
        })
    }

    fn ports(&self) -> Result<(u16, u16), Fault> {
        let range = self.ports.and_then(|range| Some((range.from?, range.to?)));
        let Some((from, to)) = range else {
            return Err(Fault::new(
                "MissingParameter",
                "The request must contain the parameter PortRange.From and PortRange.To",
            ));
        };
        match (u16::try_from(from), u16::try_from(to)) {
            (Ok(from), Ok(to)) if from <= to => Ok((from, to)),
            _ => Err(value(format!("Invalid TCP/UDP port range ({from}:{to})"))),
        }
    }

    fn icmp(&self) -> Result<(i16, i16), Fault> {
        let given = self.icmp.and_then(|icmp| Some((icmp.kind?, icmp.code?)));
        let Some((kind, code)) = given else {
            return Err(Fault::new(
                "MissingParameter",
                "The request must contain the parameter Icmp.Type and Icmp.Code",
            ));
        };
        for (name, number) in [("type", kind), ("code", code)] {
            if !(-1..=255).contains(&number) {
                return Err(value(format!("ICMP {name} ({number}) out of range")));
            }
        }
        // Both are checked to fit.
        Ok((i16::try_from(kind).unwrap_or(-1), i16::try_from(code).unwrap_or(-1)))
    }
}

/// A number, or -1; a few names are known too.
fn protocol(given: &str) -> Result<String, Fault> {
    Ok(match given.to_ascii_lowercase().as_str() {
        "-1" | "all" => "-1".to_owned(),
        "tcp" => "6".to_owned(),
        "udp" => "17".to_owned(),
        "icmp" => "1".to_owned(),
        "icmpv6" => "58".to_owned(),
        other => match other.parse::<u8>() {
            Ok(number) => number.to_string(),
            Err(_) => {
                return Err(value(format!(
                    "Value ({given}) for parameter protocol is invalid. Expecting a protocol number or -1."
                )));
            }
        },
    })
}
