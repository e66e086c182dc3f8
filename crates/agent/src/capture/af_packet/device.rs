//! What the frames of a kind of device start with.

use flowlogd_packet::LinkType;

/// Returns the link type of devices of a hardware type (`ARPHRD_…`), if it can be read.
pub(super) fn link_type(hardware: u16) -> Option<LinkType> {
    match hardware {
        // Of loopback devices, frames have an Ethernet header of zeros.
        1 | 772 => Some(LinkType::Ethernet),
        // Of PPP devices, packet sockets see no header.
        512 | 65_534 => Some(LinkType::RawIp),
        _ => None,
    }
}

/// Returns what the kernel means by a hardware type that is not read.
pub(super) fn hardware_name(hardware: u16) -> &'static str {
    match hardware {
        24 => "IEEE 1394",
        32 => "InfiniBand",
        256 => "SLIP",
        280 => "CAN",
        513 => "Cisco HDLC",
        519 => "raw IP of a modem",
        768 => "IPIP tunnel",
        769 => "IPv6 tunnel",
        770 => "Frame Relay",
        776 => "IPv6-in-IPv4 tunnel",
        778 => "GRE tunnel",
        801 => "IEEE 802.11",
        802 => "IEEE 802.11 with Prism header",
        803 => "IEEE 802.11 with radiotap header",
        804 => "IEEE 802.15.4",
        805 => "IEEE 802.15.4 monitor",
        823 => "GRE tunnel over IPv6",
        824 => "netlink monitor",
        825 => "6LoWPAN",
        826 => "vsock monitor",
        _ => "not in our list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_either_read_or_refused_by_name() {
        assert_eq!(link_type(1), Some(LinkType::Ethernet));
        assert_eq!(link_type(772), Some(LinkType::Ethernet));
        assert_eq!(link_type(65_534), Some(LinkType::RawIp));
        assert_eq!(link_type(512), Some(LinkType::RawIp));
        assert_eq!((link_type(824), hardware_name(824)), (None, "netlink monitor"));
        assert_eq!((link_type(4711), hardware_name(4711)), (None, "not in our list"));
    }
}
