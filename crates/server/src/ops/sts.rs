//! STS: sessions of roles, of users and of the account. There are no web and SAML identities.

mod access_key_info;
mod assume_role;
#[cfg(test)]
mod assume_role_tests;
mod caller_identity;
#[cfg(test)]
mod cross_account_tests;
mod decode_message;
mod delivery;
#[cfg(test)]
mod delivery_tests;
mod session_policies;
mod session_tags;
#[cfg(test)]
mod session_tags_tests;
mod sweep;
mod unsupported;
mod user_sessions;
#[cfg(test)]
mod user_sessions_tests;

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::read("GetCallerIdentity", caller_identity::get),
        Operation::write("AssumeRole", assume_role::assume),
        Operation::write("GetSessionToken", user_sessions::get_session_token),
        Operation::write("GetFederationToken", user_sessions::get_federation_token),
        Operation::read("GetAccessKeyInfo", access_key_info::get),
        Operation::read("DecodeAuthorizationMessage", decode_message::decode),
    ]
}
