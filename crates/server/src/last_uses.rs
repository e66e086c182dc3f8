//! When keys and roles were last used: in memory, and written down now and then. One write for every request
//! would cost more than the request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flowlogd_aws::policy::Principal;

use crate::call::{Caller, Identity};
use crate::dispatch::Service;
use crate::model::{AccessKey, LastUse, Role};
use crate::state::{Place, State, StateError, Txn};

/// What was used since it was last written down, at most one entry a key or role.
#[derive(Debug, Default)]
pub(crate) struct LastUses(Mutex<Uses>);

#[derive(Debug, Default)]
struct Uses {
    /// By account and key.
    keys: HashMap<(String, String), LastUse>,
    /// By account and unique id: the role's ARN is that of the time of use.
    roles: HashMap<(String, String), RoleUse>,
}

#[derive(Clone, Debug)]
struct RoleUse {
    /// Of the role's document.
    role: String,
    /// Unix seconds.
    at: i64,
    region: String,
}

impl LastUses {
    /// Notes that a key signed a request; of a session, that its role was used. `now` is in Unix seconds.
    pub(crate) fn note(&self, caller: &Caller, service: Service, region: &str, now: i64) {
        let Identity::Iam { principal, .. } = &caller.identity else { return };
        let account = caller.account.clone();
        match principal {
            Principal::Session { role, role_id, .. } => {
                let name = role.resource.rsplit('/').next().unwrap_or_default();
                let role = name.to_ascii_lowercase();
                let used = RoleUse { role, at: now, region: region.to_owned() };
                self.lock().roles.insert((account, role_id.clone()), used);
            }
            Principal::Root { .. } | Principal::User { .. } if caller.token_issued.is_none() => {
                let id = caller.access_key_id.clone();
                let (service, region) = (service.name().to_owned(), region.to_owned());
                let used = LastUse { id: id.clone(), at: now, service, region };
                self.lock().keys.insert((account, id), used);
            }
            // Uses of sessions are not those of the key that they were made with.
            Principal::Root { .. }
            | Principal::User { .. }
            | Principal::Federated { .. }
            | Principal::Service { .. } => {}
        }
    }

    /// Returns the last use of a key.
    pub(crate) fn of_key(
        &self,
        txn: &Txn<'_>,
        place: &Place,
        id: &str,
    ) -> Result<Option<LastUse>, StateError> {
        let noted = self.lock().keys.get(&(place.account.clone(), id.to_owned())).cloned();
        match noted {
            Some(noted) => Ok(Some(noted)),
            None => txn.get(place, id),
        }
    }

    /// Returns when, in Unix seconds, and where a role was last used.
    pub(crate) fn of_role(&self, account: &str, role: &Role) -> Option<(i64, String)> {
        let uses = self.lock();
        let noted = uses.roles.get(&(account.to_owned(), role.unique_id.clone()));
        noted.map(|noted| (noted.at, noted.region.clone())).or_else(|| role.last_used.clone())
    }

    /// Writes down what was noted. What cannot be written stays noted.
    pub(crate) fn keep(&self, state: &State, now: i64) -> Result<(), StateError> {
        let (keys, roles) = {
            let uses = self.lock();
            (uses.keys.clone(), uses.roles.clone())
        };
        if keys.is_empty() && roles.is_empty() {
            return Ok(());
        }
        state.write::<_, StateError>(|txn| {
            for ((account, id), used) in &keys {
                let place = Place::global(account);
                // Deleted in the meantime, it is not to come back.
                if txn.get::<AccessKey>(&place, id)?.is_some() {
                    txn.put(&place, used, now)?;
                }
            }
            for ((account, unique_id), used) in &roles {
                let place = Place::global(account);
                let role = txn.get::<Role>(&place, &used.role)?;
                if let Some(mut role) = role.filter(|role| role.unique_id == *unique_id) {
                    role.last_used = Some((used.at, used.region.clone()));
                    txn.put(&place, &role, now)?;
                }
            }
            Ok(())
        })?;
        let mut uses = self.lock();
        uses.keys.retain(|key, used| keys.get(key) != Some(used));
        uses.roles.retain(|role, used| roles.get(role).is_none_or(|kept| kept.at != used.at));
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Uses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
