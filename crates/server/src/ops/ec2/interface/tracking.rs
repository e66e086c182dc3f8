//! Timeouts of tracked connections (`vpc-filtering.md` §3.3).

use std::ops::RangeInclusive;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::ConnectionTrackingParameter;

const TCP_ESTABLISHED: RangeInclusive<u32> = 60..=432_000;
const UDP_STREAM: RangeInclusive<u32> = 60..=180;
const UDP: RangeInclusive<u32> = 30..=60;

/// What a request sets, in seconds; what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timeouts {
    pub(super) tcp_established: Option<u32>,
    pub(super) udp_stream: Option<u32>,
    pub(super) udp: Option<u32>,
}

impl Timeouts {
    pub(super) fn read(parameter: Option<&ConnectionTrackingParameter>) -> Result<Self, Fault> {
        let Some(parameter) = parameter else { return Ok(Self::default()) };
        Ok(Self {
            tcp_established: within(
                "tcpEstablishedTimeout",
                parameter.tcp_established_timeout,
                &TCP_ESTABLISHED,
            )?,
            udp_stream: within("udpStreamTimeout", parameter.udp_stream_timeout, &UDP_STREAM)?,
            udp: within("udpTimeout", parameter.udp_timeout, &UDP)?,
        })
    }
}

fn within(
    parameter: &str,
    seconds: Option<i64>,
    allowed: &RangeInclusive<u32>,
) -> Result<Option<u32>, Fault> {
    let Some(seconds) = seconds else { return Ok(None) };
    let found = u32::try_from(seconds).ok().filter(|seconds| allowed.contains(seconds));
    found.map(Some).ok_or_else(|| {
        Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({seconds}) for parameter {parameter} is invalid. Expecting {} to {} seconds.",
                allowed.start(),
                allowed.end()
            ),
        )
    })
}
