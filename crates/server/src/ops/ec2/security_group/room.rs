//! How many rules a group may have (`vpc-filtering.md` §2.6).

use flowlogd_aws::Fault;

use crate::call::Call;
use crate::model::{Peer, PrefixList, SecurityGroup, SecurityGroupRule};
use crate::state::StateError;

/// A prefix list that is about to have another size.
#[derive(Clone, Copy)]
pub(in crate::ops::ec2) struct Resized<'a> {
    pub(in crate::ops::ec2) list_id: &'a str,
    pub(in crate::ops::ec2) max_entries: usize,
}

/// Refuses a group with more rules than it may have.
pub(super) fn check_room(call: &Call<'_>, group: &SecurityGroup) -> Result<(), Fault> {
    if has_room(call, group, None)? {
        return Ok(());
    }
    Err(Fault::new(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    ))
}

/// Whether a group has no more rules than it may have. They are counted by direction and family; groups and
/// prefix lists count in both.
pub(in crate::ops::ec2) fn has_room(
    call: &Call<'_>,
    group: &SecurityGroup,
    resized: Option<Resized<'_>>,
) -> Result<bool, StateError> {
    let most = call.config.quotas.rules_per_security_group;
    for is_egress in [false, true] {
        let (mut v4, mut v6) = (0_usize, 0_usize);
        for rule in group.rules.iter().filter(|rule| rule.is_egress == is_egress) {
            let weight = weight(call, rule, resized)?;
            match rule.peer {
                Peer::Ipv4(_) => v4 += weight,
                Peer::Ipv6(_) => v6 += weight,
                Peer::PrefixList(_) | Peer::Group(_) | Peer::PeeredGroup(_) => {
                    v4 += weight;
                    v6 += weight;
                }
            }
        }
        if v4.max(v6) > most {
            return Ok(false);
        }
    }
    Ok(true)
}

/// As how many rules a rule counts.
fn weight(
    call: &Call<'_>,
    rule: &SecurityGroupRule,
    resized: Option<Resized<'_>>,
) -> Result<usize, StateError> {
    let Peer::PrefixList(id) = &rule.peer else { return Ok(1) };
    match resized {
        Some(resized) if resized.list_id == id => Ok(resized.max_entries),
        Some(_) | None => Ok(call.get::<PrefixList>(id)?.map_or(0, |list| list.max_entries)),
    }
}
