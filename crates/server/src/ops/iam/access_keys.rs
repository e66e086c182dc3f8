//! Long-term access keys of users and of the account. Those of agents are not IAM's.

use flowlogd_aws::iam::shapes::{AccessKey as Printed, AccessKeyLastUsed, AccessKeyMetadata};
use flowlogd_aws::iam::{
    CreateAccessKeyRequest, CreateAccessKeyResponse, DeleteAccessKeyRequest,
    GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse, ListAccessKeysRequest,
    ListAccessKeysResponse, UpdateAccessKeyRequest,
};
use flowlogd_aws::{Fault, Seconds};

use super::constraint::Constraints;
use super::entity::{Entity as _, action, existing, store};
use super::fault::{limit_exceeded, no_such_entity};
use super::paging::page;
use super::users::{Whose, named_or_caller, root_arn};
use crate::call::Call;
use crate::ids;
use crate::model::{AccessKey, KeyOwner, LastUse, User};

/// Keys that one user may have.
pub(super) const PER_USER: usize = 2;

pub(super) fn create(
    call: &Call<'_>,
    request: CreateAccessKeyRequest,
) -> Result<CreateAccessKeyResponse, Fault> {
    let (owner, user_name) = owner(call, request.user_name, Constraints::new())?;
    if keys_of(call, &owner)?.len() >= PER_USER {
        let text = format!("Cannot exceed quota for AccessKeysPerUser: {PER_USER}");
        return Err(limit_exceeded(text));
    }
    let key = AccessKey {
        id: ids::unique("AKIA", 20),
        secret: ids::secret(),
        owner,
        active: true,
        created: call.now() / 1000,
    };
    store(call, &key)?;
    let AccessKeyMetadata { user_name, access_key_id, status, create_date } =
        metadata(&key, user_name);
    let secret_access_key = key.secret;
    let access_key = Printed { user_name, access_key_id, status, secret_access_key, create_date };
    Ok(CreateAccessKeyResponse { access_key })
}

pub(super) fn list(
    call: &Call<'_>,
    request: ListAccessKeysRequest,
) -> Result<ListAccessKeysResponse, Fault> {
    let (owner, user_name) = owner(call, request.user_name, Constraints::new())?;
    let keys = keys_of(call, &owner)?;
    let page = page(keys, |key| key.id.clone(), request.max_items, request.marker.as_deref())?
        .map(|key| metadata(&key, user_name.clone()));
    Ok(ListAccessKeysResponse {
        access_key_metadata: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

pub(super) fn update(call: &Call<'_>, request: UpdateAccessKeyRequest) -> Result<(), Fault> {
    let id = request.access_key_id;
    let constraints = key_id(&id).one_of("status", Some(&request.status), &["Active", "Inactive"]);
    let (owner, _) = owner(call, request.user_name, constraints)?;
    let mut key = key_of(call, &owner, &id)?;
    key.active = request.status == "Active";
    store(call, &key)
}

pub(super) fn delete(call: &Call<'_>, request: DeleteAccessKeyRequest) -> Result<(), Fault> {
    let id = request.access_key_id;
    let (owner, _) = owner(call, request.user_name, key_id(&id))?;
    let key = key_of(call, &owner, &id)?;
    call.txn.delete::<AccessKey>(&call.global(), &key.id, call.now())?;
    call.txn.delete::<LastUse>(&call.global(), &key.id, call.now())?;
    Ok(())
}

/// Tells when a key of a user or of the account was last used. Those of agents and sessions are not IAM's.
pub(super) fn last_used(
    call: &Call<'_>,
    request: GetAccessKeyLastUsedRequest,
) -> Result<GetAccessKeyLastUsedResponse, Fault> {
    let id = request.access_key_id;
    let place = call.global();
    let owner = call.txn.get::<AccessKey>(&place, &id)?.map(|key| key.owner);
    let (resource, user_name) = match owner {
        Some(KeyOwner::Root) => (root_arn(call), Some(None)),
        Some(KeyOwner::User(user)) => match call.txn.get::<User>(&place, &user)? {
            Some(user) => (user.arn(call.account()), Some(Some(user.name))),
            None => ("*".to_owned(), None),
        },
        Some(KeyOwner::Agent(_)) | None => ("*".to_owned(), None),
    };
    call.authorize(&action(call), &resource)?;
    key_id(&id).finish()?;
    let user_name = user_name.ok_or_else(|| unknown_key(&id))?;
    let used = call.last_uses.of_key(call.txn, &place, &id)?;
    let access_key_last_used = match used {
        Some(used) => AccessKeyLastUsed {
            last_used_date: Some(Seconds(used.at)),
            service_name: used.service,
            region: used.region,
        },
        None => AccessKeyLastUsed {
            last_used_date: None,
            service_name: "N/A".to_owned(),
            region: "N/A".to_owned(),
        },
    };
    Ok(GetAccessKeyLastUsedResponse { user_name, access_key_last_used })
}

/// Returns the keys of an owner, the oldest first.
pub(super) fn keys_of(call: &Call<'_>, owner: &KeyOwner) -> Result<Vec<AccessKey>, Fault> {
    let mut keys: Vec<AccessKey> = call.txn.list(&call.global())?;
    keys.retain(|key| key.owner == *owner);
    Ok(keys)
}

fn key_id(id: &str) -> Constraints {
    Constraints::new().length("accessKeyId", id, 16, 128).pattern(
        "accessKeyId",
        id,
        r"[\w]+",
        |character| character.is_ascii_alphanumeric() || character == '_',
    )
}

/// Asks for permission on the user whose keys are meant, and returns its name too; root has none.
fn owner(
    call: &Call<'_>,
    name: Option<String>,
    constraints: Constraints,
) -> Result<(KeyOwner, Option<String>), Fault> {
    match named_or_caller(call, name)? {
        Whose::User(name) => {
            let user: User = existing(call, &name, constraints, |_| {})?;
            Ok((KeyOwner::User(user.id), Some(user.name)))
        }
        Whose::Root => {
            call.authorize(&action(call), &root_arn(call))?;
            constraints.finish()?;
            Ok((KeyOwner::Root, None))
        }
    }
}

/// A key of somebody else is as unknown as one that never was.
fn key_of(call: &Call<'_>, owner: &KeyOwner, id: &str) -> Result<AccessKey, Fault> {
    call.txn
        .get::<AccessKey>(&call.global(), id)?
        .filter(|key| key.owner == *owner)
        .ok_or_else(|| unknown_key(id))
}

fn unknown_key(id: &str) -> Fault {
    no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

fn metadata(key: &AccessKey, user_name: Option<String>) -> AccessKeyMetadata {
    AccessKeyMetadata {
        user_name,
        access_key_id: key.id.clone(),
        status: if key.active { "Active" } else { "Inactive" }.to_owned(),
        create_date: Some(Seconds(key.created)),
    }
}
