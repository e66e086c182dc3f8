//! Who am I?

use flowlogd_aws::Fault;
use flowlogd_aws::policy::Principal;
use flowlogd_aws::sts::{GetCallerIdentityRequest, GetCallerIdentityResponse};

use crate::call::{Call, Identity};

/// Everybody may know, even where a policy denies it (`iam-sts-sigv4-cloudtrail.md` §2.4).
#[expect(clippy::unnecessary_wraps, reason = "all operations have this shape")]
pub(super) fn get(
    call: &Call<'_>,
    GetCallerIdentityRequest {}: GetCallerIdentityRequest,
) -> Result<GetCallerIdentityResponse, Fault> {
    call.needs_no_permission();
    let user_id = match &call.caller.identity {
        Identity::Agent { host } => format!("agent:{host}"),
        Identity::Iam { principal, .. } => match principal {
            Principal::Root { account } => account.clone(),
            Principal::User { id, .. } => id.clone(),
            Principal::Session { role_id, session, .. } => format!("{role_id}:{session}"),
            Principal::Federated { arn, name, .. } => format!("{}:{name}", arn.account),
            Principal::Service { name } => name.clone(),
        },
    };
    Ok(GetCallerIdentityResponse {
        user_id,
        account: call.account().to_owned(),
        arn: call.caller_arn(),
    })
}
