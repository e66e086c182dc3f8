//! What users, groups and roles have in common: names, paths, policies.

use flowlogd_aws::policy::Context;
use flowlogd_aws::{Arn, Fault};

use super::constraint::Constraints;
use super::fault::{already_exists, limit_exceeded, no_such_entity};
use crate::call::Call;
use crate::model::{Group, InlinePolicy, Role, Tags, User};
use crate::state::{Document, Place, StateError, Txn};

/// A user, a group or a role.
pub(super) trait Entity: Document {
    /// As ARNs and messages call it.
    const NOUN: &'static str;
    /// The same with a capital letter.
    const TITLE: &'static str;
    /// Characters that its name may have.
    const LONGEST_NAME: usize;
    /// How many an account may have.
    const PER_ACCOUNT: usize;
    /// Characters that its inline policies may have together, white space not counted.
    const INLINE_LIMIT: usize;

    fn name(&self) -> &str;
    fn path(&self) -> &str;
    fn inline(&self) -> &[InlinePolicy];
    fn inline_mut(&mut self) -> &mut Vec<InlinePolicy>;
    fn attached(&self) -> &[String];
    fn attached_mut(&mut self) -> &mut Vec<String>;

    /// ARN of the policy that limits it.
    fn boundary(&self) -> Option<&str> {
        None
    }

    /// `arn:aws:iam::A:user/path/NAME`.
    fn arn(&self, account: &str) -> String {
        arn(account, Self::NOUN, self.path(), self.name())
    }

    /// Sets the keys by which policies know it.
    fn describe(&self, _context: &mut Context) {}
}

/// An entity that acts, a user or a role: it may have tags and a boundary, which groups have not.
pub(super) trait Actor: Entity {
    fn boundary_mut(&mut self) -> &mut Option<String>;
    fn tags_mut(&mut self) -> &mut Tags;
}

macro_rules! entity {
    ($type:ty, $noun:literal, $title:literal, $longest:literal, $per_account:literal, $inline_limit:literal
     $(, $actor:tt)?) => {
        impl Entity for $type {
            const NOUN: &'static str = $noun;
            const TITLE: &'static str = $title;
            const LONGEST_NAME: usize = $longest;
            const PER_ACCOUNT: usize = $per_account;
            const INLINE_LIMIT: usize = $inline_limit;

            fn name(&self) -> &str {
                &self.name
            }
            fn path(&self) -> &str {
                &self.path
            }
            fn inline(&self) -> &[InlinePolicy] {
                &self.inline
            }
            fn inline_mut(&mut self) -> &mut Vec<InlinePolicy> {
                &mut self.inline
            }
            fn attached(&self) -> &[String] {
                &self.attached
            }
            fn attached_mut(&mut self) -> &mut Vec<String> {
                &mut self.attached
            }
            $(entity!(@$actor);)?
        }
    };
    (@actor) => {
        fn boundary(&self) -> Option<&str> {
            self.boundary.as_deref()
        }
        fn describe(&self, context: &mut Context) {
            describe_tags(&self.tags, context);
            if let Some(boundary) = &self.boundary {
                context.set("iam:PermissionsBoundary", boundary.clone());
            }
        }
    };
}

macro_rules! actor {
    ($type:ty) => {
        impl Actor for $type {
            fn boundary_mut(&mut self) -> &mut Option<String> {
                &mut self.boundary
            }
            fn tags_mut(&mut self) -> &mut Tags {
                &mut self.tags
            }
        }
    };
}

// Quotas of `iam-sts-sigv4-cloudtrail.md` §1.2.
entity!(User, "user", "User", 64, 5000, 2048, actor);
entity!(Group, "group", "Group", 128, 300, 5120);
entity!(Role, "role", "Role", 64, 1000, 10_240, actor);
actor!(User);
actor!(Role);

/// `arn:aws:iam::A:user/path/NAME`: IAM's ARNs have no region.
pub(super) fn arn(account: &str, noun: &str, path: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:{noun}{path}{name}")
}

/// The document id of a name: names are unique without case.
pub(super) fn id_of(name: &str) -> String {
    name.to_ascii_lowercase()
}

pub(super) fn describe_tags(tags: &Tags, context: &mut Context) {
    for (key, value) in tags {
        context.set(&format!("aws:ResourceTag/{key}"), value.clone());
        context.set(&format!("iam:ResourceTag/{key}"), value.clone());
    }
}

/// Returns the entity that a request names: asks for permission on its ARN (on that of the bare name
/// where there is none), refuses a name or other members that cannot be, then says whether there is one.
pub(super) fn existing<E: Entity>(
    call: &Call<'_>,
    name: &str,
    constraints: Constraints,
    add: impl FnOnce(&mut Context),
) -> Result<E, Fault> {
    let found: Option<E> = call.txn.get(&call.global(), &id_of(name))?;
    let resource = found.as_ref().map_or_else(
        || arn(call.account(), E::NOUN, "/", name),
        |entity| entity.arn(call.account()),
    );
    call.authorize_with(&action(call), &resource, |context| {
        if let Some(entity) = &found {
            entity.describe(context);
        }
        add(context);
    })?;
    constraints.name(&format!("{}Name", E::NOUN), name, E::LONGEST_NAME).finish()?;
    found.ok_or_else(|| unknown::<E>(name))
}

/// There is no entity of this name.
pub(super) fn unknown<E: Entity>(name: &str) -> Fault {
    no_such_entity(format!("The {} with name {name} cannot be found.", E::NOUN))
}

/// Asks for the making of an entity: the action itself, and the tagging of it where there are tags.
pub(super) fn authorize_making(
    call: &Call<'_>,
    noun: &str,
    resource: &str,
    add: impl Fn(&mut Context),
    tagged: bool,
) -> Result<(), Fault> {
    call.authorize_with(&action(call), resource, &add)?;
    if tagged {
        call.authorize_with(&format!("iam:Tag{noun}"), resource, &add)?;
    }
    Ok(())
}

/// Refuses a name that is taken, whatever its case, and more entities than an account may have.
pub(super) fn room_for<E: Entity>(call: &Call<'_>, name: &str) -> Result<(), Fault> {
    let place = call.global();
    if call.txn.get::<E>(&place, &id_of(name))?.is_some() {
        return Err(taken::<E>(name));
    }
    if call.txn.list::<E>(&place)?.len() >= E::PER_ACCOUNT {
        let text = format!("Cannot exceed quota for {}sPerAccount: {}", E::TITLE, E::PER_ACCOUNT);
        return Err(limit_exceeded(text));
    }
    Ok(())
}

pub(super) fn taken<E: Entity>(name: &str) -> Fault {
    already_exists(format!("{} with name {name} already exists.", E::TITLE))
}

/// Stores a changed entity.
pub(super) fn store<D: Document>(call: &Call<'_>, document: &D) -> Result<(), Fault> {
    Ok(call.txn.put(&call.global(), document, call.now())?)
}

/// `iam:CreateUser`.
pub(super) fn action(call: &Call<'_>) -> String {
    format!("iam:{}", call.action)
}

/// Returns the user or role that has exactly this ARN, in whichever account.
pub(super) fn by_arn<E: Entity>(txn: &Txn<'_>, text: &str) -> Result<Option<E>, StateError> {
    let Ok(arn) = text.parse::<Arn>() else { return Ok(None) };
    let Some((_, name)) = arn.resource.rsplit_once('/') else { return Ok(None) };
    let found: Option<E> = txn.get(&Place::global(&arn.account), &id_of(name))?;
    Ok(found.filter(|entity| entity.arn(&arn.account) == text))
}
