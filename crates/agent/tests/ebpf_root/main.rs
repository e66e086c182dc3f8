//! The kernel's program at real devices, in network namespaces made for it. Needs root, `ip`, `tc`, `ping` and
//! `ethtool`.
//!
//! What it counts is compared with those who count without it: the devices, the receivers, and whoever sent. Without root
//! these tests say so and do nothing; with `FLOWLOGD_REQUIRE_ROOT_TESTS=1` that is a failure.
//!
//! `FLOWLOGD_SOAK_SECONDS=60` lets the soak last so long, and `FLOWLOGD_LOSS_CURVE=1` measures what is lost at which rate.

#![expect(clippy::indexing_slicing, reason = "a test fails where there is nothing")]

#[path = "../netns/flood.rs"]
mod flood;
mod frame;
#[expect(dead_code, reason = "some of it is for the tests of packet sockets")]
#[path = "../netns/mod.rs"]
mod netns;
mod rules;
mod stand;
mod sums;
mod wire;

mod connections;
mod enforce;
mod filters;
mod kinds;
mod lifecycle;
mod many;
mod offload;
mod overflow;
mod packets;
mod rule_change;
mod soak;
mod windows;
