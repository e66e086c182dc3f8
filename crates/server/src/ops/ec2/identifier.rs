//! Ids that callers name.

use std::collections::BTreeSet;

use flowlogd_aws::Fault;

use crate::call::Call;
use crate::state::Document;

/// A kind of resource as errors speak of it (`vpc-filtering.md` §11.1).
pub(super) struct Kind {
    /// `vpc`.
    pub(super) prefix: &'static str,
    /// `InvalidVpcID.Malformed`.
    pub(super) malformed: &'static str,
    /// `InvalidVpcID.NotFound`.
    pub(super) not_found: &'static str,
    /// `vpc ID`, as in "The vpc ID 'vpc-…' does not exist".
    pub(super) noun: &'static str,
}

pub(super) const VPC: Kind = Kind {
    prefix: "vpc",
    malformed: "InvalidVpcID.Malformed",
    not_found: "InvalidVpcID.NotFound",
    noun: "vpc ID",
};
pub(super) const SUBNET: Kind = Kind {
    prefix: "subnet",
    malformed: "InvalidSubnetID.Malformed",
    not_found: "InvalidSubnetID.NotFound",
    noun: "subnet ID",
};
pub(super) const INTERFACE: Kind = Kind {
    prefix: "eni",
    malformed: "InvalidNetworkInterfaceID.Malformed",
    not_found: "InvalidNetworkInterfaceID.NotFound",
    noun: "networkInterface ID",
};
pub(super) const GROUP: Kind = Kind {
    prefix: "sg",
    malformed: "InvalidGroupId.Malformed",
    not_found: "InvalidGroup.NotFound",
    noun: "security group",
};
pub(super) const RULE: Kind = Kind {
    prefix: "sgr",
    malformed: "InvalidSecurityGroupRuleId.Malformed",
    not_found: "InvalidSecurityGroupRuleId.NotFound",
    noun: "security group rule ID",
};
pub(super) const ACL: Kind = Kind {
    prefix: "acl",
    malformed: "InvalidNetworkAclID.Malformed",
    not_found: "InvalidNetworkAclID.NotFound",
    noun: "network acl ID",
};
pub(super) const PEERING: Kind = Kind {
    prefix: "pcx",
    malformed: "InvalidVpcPeeringConnectionId.Malformed",
    not_found: "InvalidVpcPeeringConnectionID.NotFound",
    noun: "vpcPeeringConnection ID",
};
pub(super) const PREFIX_LIST: Kind = Kind {
    prefix: "pl",
    malformed: "InvalidPrefixListID.Malformed",
    not_found: "InvalidPrefixListID.NotFound",
    noun: "prefix list ID",
};

pub(super) const IPV6_POOL: Kind = Kind {
    prefix: "ipv6pool-ec2",
    malformed: "InvalidPoolID.Malformed",
    not_found: "InvalidPoolID.NotFound",
    noun: "pool ID",
};
pub(super) const VPC_BLOCK: Kind = Kind {
    prefix: "vpc-cidr-assoc",
    malformed: "InvalidVpcCidrBlockAssociationId.Malformed",
    not_found: "InvalidVpcCidrBlockAssociationID.NotFound",
    noun: "vpc CIDR block with association ID",
};
pub(super) const SUBNET_BLOCK: Kind = Kind {
    prefix: "subnet-cidr-assoc",
    malformed: "InvalidSubnetCidrBlockAssociationId.Malformed",
    not_found: "InvalidSubnetCidrBlockAssociationID.NotFound",
    noun: "subnet CIDR block with association ID",
};

impl Kind {
    /// Refuses what cannot be an id of this kind: the prefix and 8 or 17 hex digits.
    pub(super) fn check(&self, id: &str) -> Result<(), Fault> {
        let digits = id.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('-'));
        let is_id = digits.is_some_and(|digits| {
            matches!(digits.len(), 8 | 17)
                && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        });
        if is_id {
            return Ok(());
        }
        let text = format!("Invalid id: \"{id}\" (expecting \"{}-...\")", self.prefix);
        Err(Fault::new(self.malformed, text))
    }

    /// The fault for an id that nothing has.
    pub(super) fn missing(&self, id: &str) -> Fault {
        Fault::new(self.not_found, format!("The {} '{id}' does not exist", self.noun))
    }

    /// Returns the resources with these ids, each looked up by itself; all of a kind where none are named.
    pub(super) fn documents<D: Document>(
        &self,
        call: &Call<'_>,
        ids: &[String],
    ) -> Result<Vec<D>, Fault> {
        if ids.is_empty() {
            return Ok(call.list()?);
        }
        ids.iter().try_for_each(|id| self.check(id))?;
        let distinct: BTreeSet<&String> = ids.iter().collect();
        let found = distinct.into_iter().map(|id| call.get(id)?.ok_or_else(|| self.missing(id)));
        found.collect()
    }

    /// Keeps the resources with these ids; all of them where none are named. For what is no document by itself,
    /// or of which there are few.
    pub(super) fn select<T>(
        &self,
        all: Vec<T>,
        ids: &[String],
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Fault> {
        if ids.is_empty() {
            return Ok(all);
        }
        for wanted in ids {
            self.check(wanted)?;
        }
        if let Some(missing) = ids.iter().find(|wanted| !all.iter().any(|item| id(item) == *wanted))
        {
            return Err(self.missing(missing));
        }
        Ok(all.into_iter().filter(|item| ids.iter().any(|wanted| wanted == id(item))).collect())
    }
}
