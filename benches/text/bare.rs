//! The least that writing and reading a line of version 2 can be, for comparison.
#![expect(clippy::indexing_slicing, reason = "checks would be what it is compared with")]

use std::io::Read;
use std::net::IpAddr;

use flowlogd_flowlog::Flow;
use flowlogd_vpc::Action;

/// Appends a line with its newline.
pub(crate) fn write(interface_id: &str, flow: &Flow<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"2 123456789012 ");
    out.extend_from_slice(interface_id.as_bytes());
    out.push(b' ');
    push_address(flow.pkt_srcaddr, out);
    push_address(flow.pkt_dstaddr, out);
    for number in [
        flow.srcport.into(),
        flow.dstport.into(),
        flow.protocol.into(),
        flow.packets,
        flow.bytes,
        flow.seen.start,
        flow.seen.end,
    ] {
        push_number(number, b' ', out);
    }
    out.extend_from_slice(match flow.action {
        Some(Action::Accept) => b"ACCEPT OK\n",
        Some(Action::Reject) => b"REJECT OK\n",
        None => b"- OK\n",
    });
}

fn push_address(address: IpAddr, out: &mut Vec<u8>) {
    let IpAddr::V4(address) = address else { return };
    let [a, b, c, d] = address.octets();
    push_number(a.into(), b'.', out);
    push_number(b.into(), b'.', out);
    push_number(c.into(), b'.', out);
    push_number(d.into(), b' ', out);
}

fn push_number(mut number: u64, end: u8, out: &mut Vec<u8>) {
    let mut text = [0; 21];
    text[20] = end;
    let mut start = 20;
    loop {
        start -= 1;
        text[start] = b'0' + (number % 10).to_le_bytes()[0];
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[start..]);
}

/// Reads all columns of all lines that are flows, and adds them up.
pub(crate) fn read(mut input: impl Read) -> u64 {
    let mut buffer = vec![0; 1 << 20];
    let (mut filled, mut sum) = (0, 0_u64);
    loop {
        let read = input.read(&mut buffer[filled..]).expect("the file is whole");
        if read == 0 {
            return sum;
        }
        filled += read;
        let end = buffer[..filled].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut at = 0;
        while at < end {
            sum = sum.wrapping_add(read_line(&buffer[..end], &mut at));
        }
        buffer.copy_within(end..filled, 0);
        filled -= end;
    }
}

/// Reads the line that begins at `at`, and moves `at` behind it.
fn read_line(text: &[u8], at: &mut usize) -> u64 {
    let mut fields = [(0, 0); 14];
    let (mut field, mut start) = (0, *at);
    loop {
        let byte = text[*at];
        if byte <= b' ' {
            fields[field] = (start, *at);
            field += 1;
            start = *at + 1;
        }
        *at += 1;
        if byte == b'\n' {
            break;
        }
    }
    let token = |field: usize| &text[fields[field].0..fields[field].1];
    let is_flow = text[fields[0].0] != b'v' && token(3) != b"-";
    if !is_flow {
        return 0;
    }
    let addresses = u64::from(address(token(3)) ^ address(token(4)));
    let numbers = (5..12).map(|field| number(token(field))).fold(0, u64::wrapping_add);
    addresses.wrapping_add(numbers).wrapping_add(token(12)[0].into())
}

fn number(token: &[u8]) -> u64 {
    token.iter().fold(0, |number, digit| {
        number.wrapping_mul(10).wrapping_add(digit.wrapping_sub(b'0').into())
    })
}

fn address(token: &[u8]) -> u32 {
    let (mut address, mut octet) = (0, 0);
    for byte in token {
        if *byte == b'.' {
            address = address << 8 | octet;
            octet = 0;
        } else {
            octet = octet * 10 + u32::from(byte.wrapping_sub(b'0'));
        }
    }
    address << 8 | octet
}
