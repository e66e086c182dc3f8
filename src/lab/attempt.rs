//! `flowlogd lab try`: connections, and what came of them.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use anyhow::anyhow;

use super::instance::{PATIENCE, connect};
use super::record::Record;
use crate::cli::{LabTryOptions, Place, Target};
use crate::exit_status::{Failure, Status};

/// Connections that are tried at a time.
const AT_A_TIME: usize = 256;

/// What came of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Connected,
    /// By the machine: it got there, and nobody listens.
    Refused,
    NoAnswer,
}

/// Tries connections, and prints what came of them. The status is 1 if none of them came about.
pub(super) fn attempt(_: &Record, options: &LabTryOptions) -> Result<Status, Failure> {
    let address = match options.to {
        Target::Place(place) => place.address(options.ipv6),
        Target::Address(address) => address,
    };
    super::enter(options.from)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    let (first, last) = options.ports;
    let from = options.from;
    let mut outcomes = Vec::new();
    runtime.block_on(async {
        let ports: Vec<u16> = (first..=last).collect();
        for ports in ports.chunks(AT_A_TIME) {
            let tries: Vec<_> = ports
                .iter()
                .map(|port| tokio::spawn(try_one(from, SocketAddr::new(address, *port))))
                .collect();
            for (port, outcome) in ports.iter().zip(tries) {
                let outcome = outcome.await.map_err(Failure::failed)??;
                outcomes.push((*port, outcome));
            }
        }
        Ok::<(), Failure>(())
    })?;
    let mut text = String::new();
    let single = outcomes.len() == 1;
    for (port, outcome) in
        outcomes.iter().filter(|(_, outcome)| single || *outcome != Outcome::NoAnswer)
    {
        text += &format!("{}: {}\n", SocketAddr::new(address, *port), outcome.text());
    }
    if !single {
        let count = |wanted| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
        text += &format!(
            "{} ports of {address}: {} connected, {} refused by the machine, {} without an answer\n",
            outcomes.len(),
            count(Outcome::Connected),
            count(Outcome::Refused),
            count(Outcome::NoAnswer)
        );
    }
    io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::failed)?;
    let any = outcomes.iter().any(|(_, outcome)| *outcome == Outcome::Connected);
    Ok(if any { Status::Done } else { Status::Failed })
}

async fn try_one(from: Place, to: SocketAddr) -> Result<Outcome, Failure> {
    match tokio::time::timeout(PATIENCE, connect(from, to)).await {
        Ok(Ok(_)) => Ok(Outcome::Connected),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(Outcome::Refused),
        Ok(Err(error)) => Err(Failure::failed(anyhow!("{to}: {error}"))),
        Err(_) => Ok(Outcome::NoAnswer),
    }
}

impl Outcome {
    const fn text(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refused => "refused by the machine, where nobody listens",
            Self::NoAnswer => "no answer",
        }
    }
}
