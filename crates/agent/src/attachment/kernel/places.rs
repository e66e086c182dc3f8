//! Which interface's packets are seen at which device, as interfaces are granted and devices come and go.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

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

/// The slots that interfaces have in the kernel, the same from process to process.
#[derive(Debug)]
pub(super) struct Numbers {
    path: PathBuf,
    slots: BTreeMap<String, u32>,
}

impl Numbers {
    /// Reads what an earlier process has kept in a directory.
    fn open(directory: &Path) -> Result<Self, AttachmentError> {
        let path = directory.join("slots.json");
        let slots = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, slots })
    }

    /// Returns all interfaces with their slots, those among them that are not attached any more.
    pub(super) const fn all(&self) -> &BTreeMap<String, u32> {
        &self.slots
    }

    /// Gives those a slot that have none. Returns the interfaces for which there was none left.
    fn take(&mut self, attachments: &[AttachmentConfig]) -> io::Result<Vec<String>> {
        let mut without = Vec::new();
        for attachment in attachments {
            if self.slots.contains_key(&attachment.interface) {
                continue;
            }
            let free = (0..SLOTS).find(|slot| !self.slots.values().any(|taken| taken == slot));
            match free {
                Some(free) => drop(self.slots.insert(attachment.interface.clone(), free)),
                None => without.push(attachment.interface.clone()),
            }
        }
        self.write()?;
        Ok(without)
    }

    /// Gives a slot back.
    pub(super) fn give_back(&mut self, interface: &str) -> io::Result<()> {
        self.slots.remove(interface);
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = fs::File::create(&new)?;
        file.write_all(&serde_json::to_vec(&self.slots)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

/// Gives every attachment a slot, the same as an earlier process if there was one, and room for its connections.
pub(super) fn open(
    attachments: &[AttachmentConfig],
    plane: &mut Plane,
    directory: &Path,
) -> Result<(Vec<Place>, Numbers), AttachmentError> {
    let mut numbers = Numbers::open(directory)?;
    let places = add(attachments, &mut numbers, attachments.len(), plane)?;
    if let Some(without) =
        attachments.iter().find(|attachment| !numbers.slots.contains_key(&attachment.interface))
    {
        return Err(AttachmentError::Capture(no_slot(&without.interface)));
    }
    let is_attached =
        |id: &String| attachments.iter().any(|attachment| attachment.interface == *id);
    // What it has counted is still to be read.
    let least = u32::try_from(CONNECTIONS.0).unwrap_or(u32::MAX);
    let left = numbers.slots.iter().filter(|(id, _)| !is_attached(id));
    let left: Vec<(u32, u32)> = left.map(|(_, slot)| (*slot, least)).collect();
    for (slot, _) in &left {
        plane.detach_slot(*slot).map_err(failed)?;
    }
    plane.open_slots(&left).map_err(failed)?;
    Ok((places, numbers))
}

/// Gives more attachments their places: one less for each that finds no slot. There are `count` in all.
pub(super) fn add(
    attachments: &[AttachmentConfig],
    numbers: &mut Numbers,
    count: usize,
    plane: &mut Plane,
) -> Result<Vec<Place>, AttachmentError> {
    let without = numbers.take(attachments)?;
    let share = (MOST_CONNECTIONS / count.max(1)).clamp(CONNECTIONS.0, CONNECTIONS.1);
    let (mut places, mut rooms) = (Vec::new(), Vec::new());
    for attachment in attachments {
        let Some(slot) = numbers.slots.get(&attachment.interface).copied() else { continue };
        let allowance = attachment.conntrack_allowance;
        let connections = u32::try_from(allowance.unwrap_or(share)).unwrap_or(u32::MAX);
        rooms.push((slot, connections));
        places.push(Place {
            attachment: attachment.clone(),
            slot,
            refusal: None,
            has_rules: false,
            rules_refused: None,
            tallies: Tallies::new(allowance.is_some()),
            connection_room: connections,
            frames: 0,
            was_off: false,
            bound: None,
        });
    }
    plane.open_slots(&rooms).map_err(failed)?;
    for interface in without {
        tracing::error!(interface, "{}", no_slot(&interface));
    }
    Ok(places)
}

/// Says why an interface is not counted.
pub(super) fn no_slot(interface: &str) -> String {
    format!("{interface} is one too many: the kernel counts at {SLOTS} interfaces at most")
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
