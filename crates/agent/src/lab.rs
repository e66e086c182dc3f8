//! The lab: a VPC of real hosts on one machine.
//!
//! Two subnets behind a router, three instances, and a customer outside, each a network namespace; the network that the AWS
//! API has of them; and what has to be captured where. Who starts the processes, and stops them, is the command line's.

mod network;
mod topology;
mod wires;

pub use network::{LabError, Network};
pub use topology::{GROUP, INSTANCES, Instance, OUTSIDE, ROUTER, namespaces};
pub use wires::{lay, processes, remove};
