//! Which interface's packets are seen at which device, as interfaces are granted and devices come and go.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use flowlogd_packet::LinkType;

use super::tallies::Tallies;
use crate::attachment::{AttachmentError, Board};
use crate::capture::device;
use crate::capture::ebpf::layout::{Device, SLOTS};
use crate::capture::ebpf::{EbpfError, Plane};
use crate::config::{AttachmentConfig, Side, WithoutRules};

/// Connections that all interfaces without an allowance may have together.
const MOST_CONNECTIONS: usize = 1 << 20;
/// The fewest and the most that one of them may have.
const CONNECTIONS: (usize, usize) = (1 << 11, 1 << 18);

/// An attachment in the kernel.
pub(super) struct Place {
    pub(super) attachment: AttachmentConfig,
    pub(super) slot: u32,
    /// Why packets are not to be taken, if they are not.
    pub(super) refusal: Option<String>,
    /// Whether there are rules to judge by.
    pub(super) has_rules: bool,
    /// Why the newest are not in force, if they are not.
    pub(super) rules_refused: Option<String>,
    pub(super) tallies: Tallies,
    connection_room: u32,
    /// Frames that the program has seen since it was last compared with the device.
    pub(super) frames: u64,
    /// Whether somebody had taken the program off since then.
    pub(super) was_off: bool,
    /// The device that the program is attached to.
    bound: Option<u32>,
}

/// Gives every attachment a slot, the same as an earlier process if there was one, and room for its connections.
pub(super) fn open(
    attachments: &[AttachmentConfig],
    plane: &mut Plane,
    directory: &Path,
) -> Result<(Vec<Place>, BTreeMap<String, u32>), AttachmentError> {
    let path = directory.join("slots.json");
    let mut slots: BTreeMap<String, u32> = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(error.into()),
    };
    for attachment in attachments {
        if !slots.contains_key(&attachment.interface) {
            let free = (0..SLOTS).find(|slot| !slots.values().any(|taken| taken == slot));
            let free = free.ok_or_else(|| {
                AttachmentError::Capture(format!("the kernel counts at {SLOTS} interfaces at most"))
            })?;
            slots.insert(attachment.interface.clone(), free);
        }
    }
    let new = directory.join("slots.new");
    let mut file = fs::File::create(&new)?;
    file.write_all(&serde_json::to_vec(&slots).map_err(io::Error::from)?)?;
    file.sync_all()?;
    fs::rename(&new, &path)?;

    let share = (MOST_CONNECTIONS / attachments.len().max(1)).clamp(CONNECTIONS.0, CONNECTIONS.1);
    let (mut places, mut rooms) = (Vec::new(), Vec::new());
    for (interface, slot) in &slots {
        let attachment = attachments.iter().find(|attachment| attachment.interface == *interface);
        let allowance = attachment.and_then(|attachment| attachment.conntrack_allowance);
        let connections = u32::try_from(allowance.unwrap_or(share)).unwrap_or(u32::MAX);
        rooms.push((*slot, connections));
        if let Some(attachment) = attachment {
            places.push(Place {
                attachment: attachment.clone(),
                slot: *slot,
                refusal: None,
                has_rules: false,
                rules_refused: None,
                tallies: Tallies::new(allowance.is_some()),
                connection_room: connections,
                frames: 0,
                was_off: false,
                bound: None,
            });
        } else {
            // Not attached any more.
            plane.detach_slot(*slot).map_err(failed)?;
        }
    }
    plane.open_slots(&rooms).map_err(failed)?;
    Ok((places, slots))
}

impl Place {
    fn id(&self) -> &str {
        &self.attachment.interface
    }

    pub(super) fn device_name(&self) -> &str {
        self.attachment.device.as_deref().unwrap_or_default()
    }

    /// The number of the device whose packets are being counted.
    pub(super) const fn bound(&self) -> Option<u32> {
        self.bound
    }

    /// Connections that there is room for.
    pub(super) const fn connection_room(&self) -> u64 {
        self.connection_room as u64
    }

    /// Attaches the program again if somebody has taken it off the device.
    pub(super) fn look_after(
        &mut self,
        devices: &BTreeMap<String, u32>,
        plane: &mut Plane,
        board: &Board,
    ) -> Result<(), AttachmentError> {
        let Some(ifindex) =
            self.bound.filter(|bound| devices.get(self.device_name()) == Some(bound))
        else {
            return Ok(());
        };
        if plane.is_attached(self.slot).map_err(failed)? {
            return Ok(());
        }
        tracing::warn!(
            interface = self.attachment.interface,
            device = self.device_name(),
            "somebody has taken the program off: it is attached again, and what passed is told as lost"
        );
        plane.detach(ifindex, self.slot).map_err(failed)?;
        self.bound = None;
        self.was_off = true;
        self.look(devices, plane, board)
    }

    /// Returns whether packets are to be judged.
    pub(super) fn is_judged(&self) -> bool {
        self.refusal.is_none() && self.has_rules
    }

    /// Returns whether everything is to be dropped, for want of rules.
    pub(super) fn is_closed(&self) -> bool {
        let drops = self.attachment.without_rules == WithoutRules::Drop;
        self.attachment.is_enforced() && drops && !self.is_judged()
    }

    /// Returns why packets are not judged.
    fn lack(&self) -> String {
        self.refusal.clone().unwrap_or_else(|| "the inventory does not have it".to_owned())
    }

    fn tell_work(&self, board: &Board) {
        if self.is_closed() {
            let why = format!("every packet is dropped: {}", self.lack());
            board.work_but(self.id(), "closed", Some(&why));
        } else {
            board.work_but(self.id(), "capturing", self.rules_refused.as_deref());
        }
    }

    /// Attaches the program to the device, or detaches it, as things are.
    pub(super) fn look(
        &mut self,
        devices: &BTreeMap<String, u32>,
        plane: &mut Plane,
        board: &Board,
    ) -> Result<(), AttachmentError> {
        let name = self.attachment.device.as_deref().unwrap_or_default();
        let wanted = self.is_judged() || self.is_closed();
        let present = devices.get(name).copied().filter(|_| wanted);
        if self.bound == present && self.bound.is_some() {
            self.tell_work(board);
            return Ok(());
        }
        if let Some(gone) = self.bound.take() {
            plane.detach(gone, self.slot).map_err(failed)?;
            self.tallies.leave();
        }
        let Some(ifindex) = present else {
            let why = if wanted { absent(name, devices) } else { self.lack() };
            board.wait(self.id(), &why);
            return Ok(());
        };
        match self.device(name) {
            Ok(device) => match plane.attach(ifindex, device) {
                Ok(()) => {
                    self.bound = Some(ifindex);
                    self.tell_work(board);
                }
                // It may have gone in between.
                Err(error) => board.wait(self.id(), &format!("{name}: {error}")),
            },
            Err(why) => board.wait(self.id(), &why),
        }
        Ok(())
    }

    fn device(&self, name: &str) -> Result<Device, String> {
        let number = device::hardware(name).map_err(|error| format!("{name}: {error}"))?;
        let link_type = device::link_type(number).ok_or_else(|| {
            let kind = device::hardware_name(number);
            format!(
                "device {name} has hardware type {number} ({kind}), whose link type is not read"
            )
        })?;
        Ok(Device {
            slot: self.slot,
            // What the host's end of a cable receives, the interface has sent.
            received_is: u8::from(self.attachment.side == Side::Host),
            is_raw_ip: u8::from(link_type == LinkType::RawIp),
            zero: 0,
        })
    }
}

fn absent(name: &str, devices: &BTreeMap<String, u32>) -> String {
    let present: Vec<&str> = devices.keys().map(String::as_str).collect();
    format!("no device {name}; there are: {}", present.join(", "))
}

/// Returns every device with its number.
pub(super) fn devices() -> BTreeMap<String, u32> {
    device::all().into_iter().map(|(index, name)| (name, index)).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(super) fn failed(error: EbpfError) -> AttachmentError {
    AttachmentError::Capture(error.to_string())
}
