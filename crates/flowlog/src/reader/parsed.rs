//! A record as it was read from a line.

use std::borrow::Cow;
use std::net::IpAddr;

use flowlogd_vpc::{Action, Direction};

use super::line::Parsed;
use crate::{Field, LogFormat};

/// The three values of `log-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogStatus {
    /// `OK`: a flow.
    Ok,
    /// `NODATA`: no traffic in the window.
    NoData,
    /// `SKIPDATA`: some of the window's records are missing.
    SkipData,
}

/// A line and its values; `None` stands for `-` and for a field that the format does not list.
#[derive(Clone, Copy, Debug)]
pub struct ParsedRecord<'a> {
    // Invariant: UTF-8, and what `parsed` was read from. `LineParser` is the only maker.
    line: &'a [u8],
    format: &'a LogFormat,
    parsed: &'a [Parsed],
}

impl<'a> ParsedRecord<'a> {
    pub(super) fn new(line: &'a [u8], format: &'a LogFormat, parsed: &'a [Parsed]) -> Self {
        Self { line, format, parsed }
    }

    /// Returns the line as it stands in the file, without its end.
    #[expect(clippy::missing_panics_doc, reason = "see the invariant")]
    pub fn line(&self) -> &'a str {
        std::str::from_utf8(self.line).expect("the line was checked when its values were read")
    }

    /// Returns the format of the line.
    pub fn format(&self) -> &'a LogFormat {
        self.format
    }

    /// Returns a field's number; `None` also if it holds none.
    pub fn number(&self, field: Field) -> Option<u64> {
        match self.parsed(field) {
            Parsed::Number(number) => Some(number),
            Parsed::Absent | Parsed::Address(_) | Parsed::Text(..) => None,
        }
    }

    /// Returns a field's address; `None` also if it holds none.
    pub fn address(&self, field: Field) -> Option<IpAddr> {
        match self.parsed(field) {
            Parsed::Address(address) => Some(address),
            Parsed::Absent | Parsed::Number(_) | Parsed::Text(..) => None,
        }
    }

    /// Returns a field's text; `None` also if it holds a number or an address.
    pub fn text(&self, field: Field) -> Option<&'a str> {
        match self.parsed(field) {
            Parsed::Text(start, end) => {
                let text = self.line.get(start as usize..end as usize)?;
                std::str::from_utf8(text).ok()
            }
            Parsed::Absent | Parsed::Number(_) | Parsed::Address(_) => None,
        }
    }

    /// Returns a field's value as a renderer would write it.
    pub fn token(&self, field: Field) -> Option<Cow<'a, str>> {
        match self.parsed(field) {
            Parsed::Absent => None,
            Parsed::Number(number) => Some(number.to_string().into()),
            Parsed::Address(address) => Some(address.to_string().into()),
            Parsed::Text(..) => self.text(field).map(Cow::Borrowed),
        }
    }

    /// Returns `account-id`.
    pub fn account_id(&self) -> Option<&'a str> {
        self.text(Field::AccountId)
    }

    /// Returns `interface-id`.
    pub fn interface_id(&self) -> Option<&'a str> {
        self.text(Field::InterfaceId)
    }

    /// Returns `srcaddr`.
    pub fn srcaddr(&self) -> Option<IpAddr> {
        self.address(Field::SrcAddr)
    }

    /// Returns `dstaddr`.
    pub fn dstaddr(&self) -> Option<IpAddr> {
        self.address(Field::DstAddr)
    }

    /// Returns `pkt-srcaddr`.
    pub fn pkt_srcaddr(&self) -> Option<IpAddr> {
        self.address(Field::PktSrcAddr)
    }

    /// Returns `pkt-dstaddr`.
    pub fn pkt_dstaddr(&self) -> Option<IpAddr> {
        self.address(Field::PktDstAddr)
    }

    /// Returns `srcport`.
    pub fn srcport(&self) -> Option<u16> {
        self.small(Field::SrcPort)
    }

    /// Returns `dstport`.
    pub fn dstport(&self) -> Option<u16> {
        self.small(Field::DstPort)
    }

    /// Returns `protocol`.
    pub fn protocol(&self) -> Option<u8> {
        self.small(Field::Protocol)
    }

    /// Returns `packets`.
    pub fn packets(&self) -> Option<u64> {
        self.number(Field::Packets)
    }

    /// Returns `bytes`.
    pub fn bytes(&self) -> Option<u64> {
        self.number(Field::Bytes)
    }

    /// Returns `start`, in Unix seconds.
    pub fn start(&self) -> Option<u64> {
        self.number(Field::Start)
    }

    /// Returns `end`, in Unix seconds.
    pub fn end(&self) -> Option<u64> {
        self.number(Field::End)
    }

    /// Returns `tcp-flags`.
    pub fn tcp_flags(&self) -> Option<u8> {
        self.small(Field::TcpFlags)
    }

    /// Returns `action`.
    pub fn action(&self) -> Option<Action> {
        match self.text(Field::Action)? {
            "ACCEPT" => Some(Action::Accept),
            "REJECT" => Some(Action::Reject),
            _ => None,
        }
    }

    /// Returns `log-status`.
    pub fn log_status(&self) -> Option<LogStatus> {
        match self.text(Field::LogStatus)? {
            "OK" => Some(LogStatus::Ok),
            "NODATA" => Some(LogStatus::NoData),
            "SKIPDATA" => Some(LogStatus::SkipData),
            _ => None,
        }
    }

    /// Returns `flow-direction`.
    pub fn flow_direction(&self) -> Option<Direction> {
        match self.text(Field::FlowDirection)? {
            "ingress" => Some(Direction::Ingress),
            "egress" => Some(Direction::Egress),
            _ => None,
        }
    }

    fn parsed(&self, field: Field) -> Parsed {
        let place = self.format.place(field);
        place.and_then(|place| self.parsed.get(place)).copied().unwrap_or(Parsed::Absent)
    }

    /// A number whose range the field table keeps within `T`.
    fn small<T: TryFrom<u64>>(&self, field: Field) -> Option<T> {
        T::try_from(self.number(field)?).ok()
    }
}
