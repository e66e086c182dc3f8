//! `flowlogd lab status`.

use std::fmt::Write as _;

use flowlogd_agent::lab::{GROUP, INSTANCES, OUTSIDE};

use super::process::Process;
use super::record::Record;
use crate::cli::LabStatusOptions;
use crate::exit_status::{Failure, Status};
use crate::lines::print;
use crate::service::agent_credentials;

/// The region of the lab.
pub(super) const REGION: &str = "us-east-1";

/// Shows the lab that is up.
pub(super) fn status(record: &Record, options: &LabStatusOptions) -> Result<Status, Failure> {
    if !options.env {
        tell(record)?;
        let all_run = record.processes.iter().all(Process::runs);
        return Ok(if all_run { Status::Done } else { Status::Failed });
    }
    print(&environment(record)?)?;
    Ok(Status::Done)
}

/// Prints what there is, and what can be done with it.
pub(super) fn tell(record: &Record) -> Result<(), Failure> {
    let network = &record.network;
    let ended: Vec<&Process> = record.processes.iter().filter(|process| !process.runs()).collect();
    let state = if ended.is_empty() { "is up" } else { "is not whole any more" };
    let mut text = format!("The lab {state} at {}.\n\n", record.endpoint);
    for instance in &INSTANCES {
        let (ipv4, ipv6) = instance.addresses();
        let interface = network.interfaces.get(instance.name).map_or("-", String::as_str);
        let group = network.groups.get(instance.name).map_or("-", String::as_str);
        let _ = writeln!(text, "{:9} {ipv4:13} {ipv6:25} {interface} {group}", instance.name);
    }
    let _ = writeln!(
        text,
        "{:9} {:13} {:25} outside of the VPC",
        OUTSIDE.name, OUTSIDE.ipv4, OUTSIDE.ipv6
    );
    let _ = writeln!(
        text,
        "\nnetwork ACL of the public subnet: {}; flow log over the VPC: {} → {GROUP}",
        network.network_acl, network.flow_log
    );
    if ended.is_empty() {
        text += "\nGo on with:\n  eval \"$(flowlogd lab status --env)\"\n  flowlogd tail lab --follow\n  \
                 flowlogd lab try client web 80\n  flowlogd lab down\n";
    }
    for process in ended {
        let _ = writeln!(
            text,
            "the process of {} has ended; {} may say why, and flowlogd lab down and up make the lab anew",
            process.name,
            record.log_of(&process.name).display()
        );
    }
    print(&text)
}

/// Returns assignments for a shell: how the lab's server is reached, and the ids of what there is.
fn environment(record: &Record) -> Result<String, Failure> {
    let network = &record.network;
    // The keys themselves: whoever is root here may use the lab as somebody else.
    let key = agent_credentials(&record.data_dir.join("server/credentials"))?;
    let mut text = format!(
        "export AWS_ENDPOINT_URL={} AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION} AWS_PAGER=\n\
         export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={}\nunset AWS_PROFILE AWS_SESSION_TOKEN\n",
        record.endpoint,
        quoted(&key.access_key_id),
        quoted(&key.secret_access_key)
    );
    let _ = writeln!(
        text,
        "lab_vpc={} lab_acl={} lab_flow_log={}",
        network.vpc, network.network_acl, network.flow_log
    );
    for (name, id) in &network.subnets {
        let _ = writeln!(text, "lab_{name}_subnet={id}");
    }
    for (name, id) in &network.interfaces {
        let _ = writeln!(text, "lab_{name}={id}");
    }
    for (name, id) in &network.groups {
        let _ = writeln!(text, "lab_{name}_group={id}");
    }
    Ok(text)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
