//! Networks of the EC2 API for what is discovered on a host: VPC, subnet, interface, and a flow log over them.
//!
//! Everything made here bears tags: `flowlogd:host` names the host, `flowlogd:origin` the machine. What is there already is
//! used again, so that to be called twice changes nothing.

mod blocks;
pub(crate) mod calls;
pub(crate) mod delivery;
mod follow;
pub(crate) mod ipv6;
mod known;
mod provisioner;
mod wanted;

pub use blocks::Block;
pub use delivery::FlowLogs;
pub use follow::{Follower, Model, Survey, SurveyError};
pub use known::{Interface, Known, Subnet, Vpc};
pub use provisioner::{Attached, ProvisionError, Provisioner};
pub use wanted::Wanted;
