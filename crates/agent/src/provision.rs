//! Networks of the EC2 API for what is discovered on a host: VPC, subnet, interface, and a flow log over them.
//!
//! Everything made here bears tags: `flowlogd:host` names the host, `flowlogd:origin` the machine. What is there already is
//! used again, so that to be called twice changes nothing.

mod blocks;
pub(crate) mod calls;
mod delivery;
mod follow;
mod known;
mod provisioner;

pub use blocks::Block;
pub use delivery::{FLOW_LOG_FIELDS, FlowLogs};
pub use follow::{Follower, Model, Survey, SurveyError};
pub use known::{Interface, Known, Subnet, Vpc};
pub use provisioner::{Attached, ProvisionError, Provisioner, Wanted};
