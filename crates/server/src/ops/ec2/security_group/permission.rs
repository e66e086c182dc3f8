//! What requests say of rules → rules (`vpc-filtering.md` §2.3).

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{
    IpPermissionParameter, IpRangeParameter, SecurityGroupRuleRequest,
};
use flowlogd_vpc::Cidr;

use super::peer::{Naming, group_pair, prefix_list, referenced_group};
use crate::call::Call;
use crate::model::{Peer, SecurityGroup};

/// A rule before it has an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Permission {
    pub(super) protocol: String,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) peer: Peer,
    pub(super) description: Option<String>,
}

/// The parameters that name one rule, or several.
pub(super) struct Named<'a> {
    pub(super) ip_permissions: &'a [IpPermissionParameter],
    pub(super) ip_protocol: Option<&'a String>,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) cidr_ip: Option<&'a String>,
    pub(super) source_group: Option<&'a String>,
}

fn value(text: String) -> Fault {
    Fault::new("InvalidParameterValue", text)
}

impl Named<'_> {
    /// Returns the rules that are named, one for each peer.
    pub(super) fn read(
        &self,
        call: &Call<'_>,
        group: &SecurityGroup,
        naming: Naming,
    ) -> Result<Vec<Permission>, Fault> {
        let has_single = self.ip_protocol.is_some()
            || self.from_port.is_some()
            || self.to_port.is_some()
            || self.cidr_ip.is_some()
            || self.source_group.is_some();
        if !has_single {
            return self.ip_permissions.iter().try_fold(Vec::new(), |mut rules, permission| {
                rules.extend(read(call, group, permission, naming)?);
                Ok(rules)
            });
        }
        if !self.ip_permissions.is_empty() {
            return Err(Fault::new(
                "InvalidParameterCombination",
                "The parameter ipPermissions may not be used in combination with cidrIp, fromPort, toPort, \
                 ipProtocol or sourceSecurityGroupName",
            ));
        }
        let mut single = IpPermissionParameter {
            ip_protocol: self.ip_protocol.cloned(),
            from_port: self.from_port,
            to_port: self.to_port,
            ..IpPermissionParameter::default()
        };
        if let Some(cidr) = self.cidr_ip {
            let range = IpRangeParameter { cidr_ip: Some(cidr.clone()), description: None };
            single.ip_ranges.push(range);
        }
        if let Some(name) = self.source_group {
            single.groups.push(flowlogd_aws::ec2::shapes::UserIdGroupPairParameter {
                group_name: Some(name.clone()),
                ..Default::default()
            });
            // Of a group by name alone, everything is meant.
            single.ip_protocol.get_or_insert_with(|| "-1".to_owned());
        }
        read(call, group, &single, naming)
    }
}

fn read(
    call: &Call<'_>,
    group: &SecurityGroup,
    permission: &IpPermissionParameter,
    naming: Naming,
) -> Result<Vec<Permission>, Fault> {
    let protocol = protocol(permission.ip_protocol.as_deref())?;
    let (from_port, to_port) = ports(&protocol, permission.from_port, permission.to_port)?;
    let mut peers = Vec::new();
    for pair in &permission.groups {
        peers.push((group_pair(call, group, pair, naming)?, &pair.description));
    }
    for range in &permission.ip_ranges {
        let cidr = range.cidr_ip.as_deref().ok_or_else(|| missing("cidrIp"))?;
        peers.push((Peer::Ipv4(block(cidr, false)?), &range.description));
    }
    for range in &permission.ipv6_ranges {
        let cidr = range.cidr_ipv6.as_deref().ok_or_else(|| missing("cidrIpv6"))?;
        peers.push((Peer::Ipv6(block(cidr, true)?), &range.description));
    }
    for list in &permission.prefix_list_ids {
        let id = list.prefix_list_id.as_deref().ok_or_else(|| missing("prefixListId"))?;
        peers.push((prefix_list(call, id)?, &list.description));
    }
    if peers.is_empty() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain a peer: cidrIp, cidrIpv6, prefixListId or groupId",
        ));
    }
    peers
        .into_iter()
        .map(|(peer, description)| {
            Ok(Permission {
                protocol: protocol.clone(),
                from_port,
                to_port,
                peer,
                description: self::description(description.as_deref())?,
            })
        })
        .collect()
}

/// Reads what `ModifySecurityGroupRules` says of a rule.
pub(super) fn of_update(
    call: &Call<'_>,
    group: &SecurityGroup,
    update: &SecurityGroupRuleRequest,
) -> Result<Permission, Fault> {
    if update.ip_protocol.is_none() {
        return Err(value(
            "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly."
                .to_owned(),
        ));
    }
    let protocol = protocol(update.ip_protocol.as_deref())?;
    let (from_port, to_port) = ports(&protocol, update.from_port, update.to_port)?;
    let given = [
        update.cidr_ipv4.as_ref(),
        update.cidr_ipv6.as_ref(),
        update.prefix_list_id.as_ref(),
        update.referenced_group_id.as_ref(),
    ];
    match given.iter().flatten().count() {
        0 => {
            return Err(Fault::new(
                "MissingParameter",
                "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
            ));
        }
        1 => {}
        _ => {
            return Err(Fault::new(
                "InvalidParameterCombination",
                "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
            ));
        }
    }
    let peer = match given {
        [Some(cidr), ..] => Peer::Ipv4(block(cidr, false)?),
        [_, Some(cidr), ..] => Peer::Ipv6(block(cidr, true)?),
        [_, _, Some(list), _] => prefix_list(call, list)?,
        [_, _, _, Some(id)] => referenced_group(call, group, id)?,
        [None, None, None, None] => return Err(missing("cidrIp")),
    };
    let description = description(update.description.as_deref())?;
    Ok(Permission { protocol, from_port, to_port, peer, description })
}

pub(super) fn missing(parameter: &str) -> Fault {
    Fault::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
}

/// `TCP`, `6` → `tcp`; other numbers stay.
fn protocol(given: Option<&str>) -> Result<String, Fault> {
    let Some(given) = given else { return Err(missing("ipProtocol")) };
    let name = given.to_ascii_lowercase();
    Ok(match name.as_str() {
        "tcp" | "6" => "tcp".to_owned(),
        "udp" | "17" => "udp".to_owned(),
        "icmp" | "1" => "icmp".to_owned(),
        "icmpv6" | "58" => "icmpv6".to_owned(),
        "-1" => name,
        other => match other.parse::<u8>() {
            Ok(number) => number.to_string(),
            Err(_) => {
                return Err(value(format!(
                    "Invalid value '{given}' for IP protocol. Unknown protocol."
                )));
            }
        },
    })
}

/// Ports, or ICMP type and code; nothing where they do not count.
fn ports(
    protocol: &str,
    from: Option<i32>,
    to: Option<i32>,
) -> Result<(Option<i32>, Option<i32>), Fault> {
    match protocol {
        "tcp" | "udp" => {
            let (Some(from), Some(to)) = (from, to) else {
                return Err(value(
                    "Invalid value for portRange. Must specify both from and to ports with TCP/UDP."
                        .to_owned(),
                ));
            };
            for (name, port) in [("from ", from), ("to ", to)] {
                if !(0..=65535).contains(&port) {
                    let which = if port == -1 { "" } else { name };
                    return Err(value(format!("TCP/UDP {which}port ({port}) out of range")));
                }
            }
            if from > to {
                return Err(value(format!("Invalid TCP/UDP port range ({from}:{to})")));
            }
            Ok((Some(from), Some(to)))
        }
        "icmp" | "icmpv6" => {
            let (kind, code) = match (from, to) {
                (None, None) if protocol == "icmpv6" => (-1, -1),
                (Some(kind), code) => (kind, code.unwrap_or(-1)),
                (None, _) => {
                    return Err(value(
                        "Invalid value for portRange. Must specify ICMP type and code.".to_owned(),
                    ));
                }
            };
            for (name, number) in [("type", kind), ("code", code)] {
                if !(-1..=255).contains(&number) {
                    return Err(value(format!("ICMP {name} ({number}) out of range")));
                }
            }
            if kind == -1 && code != -1 {
                return Err(value(format!("ICMP code ({code}) needs a type that is not -1")));
            }
            Ok((Some(kind), Some(code)))
        }
        _ => Ok((None, None)),
    }
}

/// A block in its canonical form: host bits are cleared.
pub(in crate::ops::ec2) fn block(text: &str, v6: bool) -> Result<String, Fault> {
    let cidr = text.parse::<Cidr>().ok().filter(|cidr| cidr.address().is_ipv6() == v6);
    cidr.filter(|_| text.contains('/'))
        .map(|cidr| cidr.to_string())
        .ok_or_else(|| value(format!("CIDR block {text} is malformed")))
}

/// A rule's description (`vpc-filtering.md` §2.3).
pub(super) fn description(text: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_good = text.chars().count() <= 255
        && text.chars().all(|it| it.is_ascii_alphanumeric() || super::ALLOWED.contains(it));
    if is_good {
        return Ok(Some(text.to_owned()));
    }
    Err(value(format!(
        "Invalid rule description. Valid descriptions are strings less than 256 characters from the \
         following set: a-zA-Z0-9{}",
        super::ALLOWED
    )))
}
