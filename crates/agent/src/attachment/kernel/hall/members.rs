//! Interfaces that come into the hall and leave it.

use std::collections::BTreeMap;

use flowlogd_flowlog::Mode;

use super::Hall;
use crate::attachment::AttachmentError;
use crate::attachment::kernel::places::{self, Place, failed};
use crate::config::AttachmentConfig;

impl Hall {
    /// Counts at these interfaces from now on, and at no other. [`configure`](Self::configure) is to be called then.
    pub(in crate::attachment::kernel) fn attach(
        &mut self,
        attachments: &[AttachmentConfig],
    ) -> Result<(), AttachmentError> {
        let (stay, leave): (Vec<Place>, Vec<Place>) = std::mem::take(&mut self.places)
            .into_iter()
            .partition(|place| attachments.contains(&place.attachment));
        self.places = stay;
        let leave: Vec<(String, u32)> =
            leave.into_iter().map(|place| (place.attachment.interface, place.slot)).collect();
        self.close(&leave)?;
        let is_here = |attachment: &&AttachmentConfig| {
            self.places.iter().any(|place| place.attachment == **attachment)
        };
        let come: Vec<AttachmentConfig> =
            attachments.iter().filter(|attachment| !is_here(attachment)).cloned().collect();
        let places = places::add(&come, &mut self.numbers, attachments.len(), &mut self.plane)?;
        let board = &self.surroundings.board;
        for attachment in &come {
            board.enter(attachment);
            board.capture(&attachment.interface, "ebpf");
            self.shelf.serve(&attachment.interface, mode_of(attachment));
            if !places.iter().any(|place| place.attachment.interface == attachment.interface) {
                board.fail(&attachment.interface, &places::no_slot(&attachment.interface));
            }
        }
        self.places.extend(places);
        self.name_slots();
        self.revision.clear();
        Ok(())
    }

    /// Gives the slots back of what an earlier process had attached and this has not.
    pub(super) fn give_back_slots(&mut self) -> Result<(), AttachmentError> {
        let is_here = |id: &str| self.places.iter().any(|place| place.attachment.interface == id);
        let left: Vec<(String, u32)> = self
            .numbers
            .all()
            .iter()
            .filter(|(id, _)| !is_here(id))
            .map(|(id, slot)| (id.clone(), *slot))
            .collect();
        self.close(&left)
    }

    /// Takes the program off slots, and gives them back when what it has counted there is read.
    fn close(&mut self, slots: &[(String, u32)]) -> Result<(), AttachmentError> {
        if slots.is_empty() {
            return Ok(());
        }
        for (_, slot) in slots {
            self.plane.detach_slot(*slot).map_err(failed)?;
        }
        self.drain(&BTreeMap::new())?;
        for (id, slot) in slots {
            self.plane.close_slot(*slot).map_err(failed)?;
            self.numbers.give_back(id)?;
            self.surroundings.board.leave(id);
        }
        Ok(())
    }
}

/// Returns what the mode of an attachment is in records.
pub(super) fn mode_of(attachment: &AttachmentConfig) -> Mode {
    if attachment.is_enforced() { Mode::Enforce } else { Mode::Observe }
}
