//! What people read of machines that were found.

use std::collections::BTreeMap;

use flowlogd_agent::discover::Machine;
use flowlogd_agent::provision::{ProvisionError, Provisioner};
use serde_json::json;

use crate::exit_status::Failure;
use crate::messages::readable_lines;

/// Lists machines in columns.
pub(crate) fn text(machines: &[Machine]) -> String {
    let rows = machines.iter().map(|machine| {
        let last = match &machine.lack {
            Some(lack) => format!("cannot be attached: {lack}"),
            None => addresses(machine),
        };
        [
            machine.name.clone(),
            machine.device.clone().unwrap_or_else(|| "-".to_owned()),
            hardware(machine),
            last,
        ]
    });
    if machines.is_empty() {
        return "Nothing was found.\n".to_owned();
    }
    table(["NAME", "DEVICE", "MAC", "ADDRESSES"], rows)
}

/// Lists machines as JSON.
pub(crate) fn json(machines: &[Machine]) -> Result<String, Failure> {
    let list: Vec<_> = machines
        .iter()
        .map(|machine| {
            let addresses: Vec<String> =
                machine.addresses.iter().map(ToString::to_string).collect();
            json!({
                "name": machine.name,
                "origin": machine.origin,
                "device": machine.device,
                "macAddress": hardware(machine),
                "addresses": addresses,
                "lack": machine.lack,
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&list).map_err(Failure::failed)? + "\n")
}

/// Says what would be made; nothing where all is there.
pub(crate) fn plan(machines: &[Machine], provisioner: &Provisioner) -> String {
    let mut text = String::new();
    for (machine, wanted) in provisioner.plan(machines) {
        match wanted {
            Ok(wanted) => {
                let wanted = wanted.to_string();
                if wanted.contains("(new)") {
                    text += &format!("{} gets {wanted}\n", machine.name);
                }
            }
            Err(ProvisionError::Lack(_)) => {}
            Err(error) => text += &format!("{} gets nothing: {error}\n", machine.name),
        }
    }
    readable_lines(&text)
}

/// Lists what is attached.
pub(crate) fn attached(machines: &[Machine], interfaces: &BTreeMap<&str, &str>) -> String {
    let rows = machines.iter().filter_map(|machine| {
        let device = machine.device.as_deref()?;
        let interface = interfaces.get(device)?;
        Some([
            machine.name.clone(),
            device.to_owned(),
            (*interface).to_owned(),
            machine.ipv4().map(|address| address.address.to_string()).unwrap_or_default(),
        ])
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return "\nNothing is attached yet: what comes is.\n".to_owned();
    }
    format!("\n{}", table(["ATTACHED", "DEVICE", "INTERFACE", "ADDRESS"], rows))
}

fn addresses(machine: &Machine) -> String {
    machine.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn hardware(machine: &Machine) -> String {
    if machine.hardware.is_empty() {
        return "-".to_owned();
    }
    machine.hardware.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// Aligns columns.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    readable_lines(&text)
}
