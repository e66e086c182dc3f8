//! What was in the encoded message of a denial?

use flowlogd_aws::Fault;
use flowlogd_aws::sts::{DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse};

use super::user_sessions::refuse_sessions_of_users;
use crate::call::Call;
use crate::ops::iam::constraint::Constraints;

/// Refuses every message: denials here say in plain text why, and none has an encoded one.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn decode(
    call: &Call<'_>,
    request: DecodeAuthorizationMessageRequest,
) -> Result<DecodeAuthorizationMessageResponse, Fault> {
    call.authorize("sts:DecodeAuthorizationMessage", "*")?;
    refuse_sessions_of_users(call)?;
    Constraints::new().length("encodedMessage", &request.encoded_message, 1, 10_240).finish()?;
    Err(Fault::new("InvalidAuthorizationMessageException", "Message is not valid"))
}
