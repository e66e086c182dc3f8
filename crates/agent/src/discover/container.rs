//! A container as Docker tells of it.

use std::net::IpAddr;

use super::Address;

/// A container that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name, without the slash.
    pub name: String,
    /// Its first process, as this host numbers it.
    pub process: Option<u32>,
    /// The networks that it is in.
    pub networks: Vec<Network>,
}

/// A container in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The network's name.
    pub name: String,
    /// The hardware address there.
    pub hardware: Vec<u8>,
    /// The addresses there.
    pub addresses: Vec<Address>,
}

impl Network {
    /// Returns whether it has an address.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.address == address)
    }
}
