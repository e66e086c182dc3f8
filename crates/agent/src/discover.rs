//! What runs on this host and can be attached: namespaces, guests of bridges, containers.
//!
//! [`Host::look`] reads all that there is at a moment, and [`machines`] finds in it, purely, the network interfaces of one
//! kind. Only what has a device in the agent's own network namespace can be attached; of all else it is said why not.

mod container;
mod docker;
mod host;
mod link;
mod machine;
mod watch;

pub use container::{Container, Network};
pub use docker::{Docker, DockerError};
pub use host::{Host, Namespace};
pub use link::{Kind as LinkKind, Link};
pub use machine::{Address, Machine, Source, machines};
pub use watch::Changes;
