//! Whose is a key?

use flowlogd_aws::Fault;
use flowlogd_aws::sts::{GetAccessKeyInfoRequest, GetAccessKeyInfoResponse};

use super::user_sessions::refuse_sessions_of_users;
use crate::call::Call;
use crate::model::{AccessKey, Session, UserSession};
use crate::ops::iam::constraint::{Constraints, invalid};

/// Tells the account of any key of this server, also of one that is inactive or over.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get(
    call: &Call<'_>,
    request: GetAccessKeyInfoRequest,
) -> Result<GetAccessKeyInfoResponse, Fault> {
    let id = &request.access_key_id;
    call.authorize("sts:GetAccessKeyInfo", "*")?;
    refuse_sessions_of_users(call)?;
    Constraints::new()
        .length("accessKeyId", id, 16, 128)
        .pattern("accessKeyId", id, r"[\w]*", |character| {
            character.is_ascii_alphanumeric() || character == '_'
        })
        .finish()?;
    let txn = call.txn;
    let place = match txn.find::<AccessKey>(id)? {
        Some((place, _)) => Some(place),
        None => match txn.find::<Session>(id)? {
            Some((place, _)) => Some(place),
            None => txn.find::<UserSession>(id)?.map(|(place, _)| place),
        },
    };
    let place = place.ok_or_else(|| invalid(format!("Access key {id} is not known here")))?;
    Ok(GetAccessKeyInfoResponse { account: place.account })
}
