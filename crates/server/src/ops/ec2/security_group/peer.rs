//! Prefix lists and groups that requests name as the peer of a rule (`vpc-filtering.md` §2.4, §2.5).

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::UserIdGroupPairParameter;

use super::GROUP;
use crate::call::Call;
use crate::model::{Peer, PeeredGroup, PrefixList, SecurityGroup};
use crate::ops::ec2::identifier::{PEERING, PREFIX_LIST};
use crate::ops::ec2::peering;

/// What the rules that a request names are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// To be added: the peers exist, and can be referred to.
    Adding,
    /// To be found in the group: a peer may be gone.
    Finding,
}

pub(super) fn prefix_list(call: &Call<'_>, id: &str) -> Result<Peer, Fault> {
    PREFIX_LIST.check(id)?;
    let list: Option<PrefixList> = call.get(id)?;
    list.map(|list| Peer::PrefixList(list.id)).ok_or_else(|| PREFIX_LIST.missing(id))
}

/// Reads `Groups.M`: a group of the same VPC, or of a peered one. Another account has to be named.
pub(super) fn group_pair(
    call: &Call<'_>,
    group: &SecurityGroup,
    pair: &UserIdGroupPairParameter,
    naming: Naming,
) -> Result<Peer, Fault> {
    let id = match (&pair.group_id, &pair.group_name) {
        (Some(id), _) => id.clone(),
        (None, Some(name)) => super::named(call, None, Some(name))?.id,
        (None, None) => return Err(super::permission::missing("groupId")),
    };
    GROUP.check(&id)?;
    let wanted = Wanted {
        id: &id,
        account: Some(pair.user_id.as_deref().unwrap_or(call.account())),
        vpc_id: pair.vpc_id.as_deref(),
        peering_id: pair.vpc_peering_connection_id.as_deref(),
    };
    if naming == Naming::Finding
        && let Some(peer) = group.rules.iter().find_map(|rule| wanted.among(&rule.peer))
    {
        return Ok(peer);
    }
    if let Some(peering_id) = wanted.peering_id {
        PEERING.check(peering_id)?;
        peering::get(call, peering_id)?.ok_or_else(|| PEERING.missing(peering_id))?;
    }
    wanted.find(call, group)
}

/// Reads `ReferencedGroupId`, with which no account is named.
pub(super) fn referenced_group(
    call: &Call<'_>,
    group: &SecurityGroup,
    id: &str,
) -> Result<Peer, Fault> {
    GROUP.check(id)?;
    Wanted { id, account: None, vpc_id: None, peering_id: None }.find(call, group)
}

/// A group as far as a request says which.
struct Wanted<'a> {
    id: &'a str,
    account: Option<&'a str>,
    vpc_id: Option<&'a str>,
    peering_id: Option<&'a str>,
}

impl Wanted<'_> {
    /// Returns the peer of a rule if it is this group of another VPC.
    fn among(&self, peer: &Peer) -> Option<Peer> {
        let Peer::PeeredGroup(found) = peer else { return None };
        let is_it = found.group_id == self.id
            && self.account.is_none_or(|account| account == found.account)
            && self.vpc_id.is_none_or(|vpc_id| vpc_id == found.vpc_id)
            && self.peering_id.is_none_or(|peering_id| peering_id == found.peering_id);
        is_it.then(|| peer.clone())
    }

    fn find(&self, call: &Call<'_>, group: &SecurityGroup) -> Result<Peer, Fault> {
        let own: Option<SecurityGroup> = call.get(self.id)?;
        let is_own = self.peering_id.is_none()
            && self.account.is_none_or(|account| account == call.account())
            && own.is_some_and(|own| own.vpc_id == group.vpc_id);
        if is_own {
            return Ok(Peer::Group(self.id.to_owned()));
        }
        for peering in peering::all(call)?.iter().filter(|it| it.carries_references()) {
            let Some(beyond) = peering.beyond(&group.vpc_id) else { continue };
            let theirs: Option<SecurityGroup> = call.txn.get(&beyond.place(), self.id)?;
            if theirs.is_none_or(|theirs| theirs.vpc_id != beyond.vpc_id) {
                continue;
            }
            let found = Peer::PeeredGroup(PeeredGroup {
                group_id: self.id.to_owned(),
                account: beyond.account.clone(),
                vpc_id: beyond.vpc_id.clone(),
                peering_id: peering.id.clone(),
            });
            if let Some(found) = self.among(&found) {
                return Ok(found);
            }
        }
        Err(GROUP.missing(self.id))
    }
}
