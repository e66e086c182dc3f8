//! Sends UDP packets, as fast as it goes or at a pace, to many ports one after the other or always the same one.
//!
//! sender --to 10.9.0.2 --hosts 2 --ports 50000 --seconds 5 --size 214 [--pace 35000]
//!
//! Prints packets, seconds and CPU seconds. Standard library only.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

fn main() {
    let options: Vec<String> = env::args().collect();
    let text = |name: &str, default: &str| -> String {
        let place = options.iter().position(|option| option == name);
        place
            .and_then(|place| options.get(place + 1).cloned())
            .unwrap_or_else(|| default.to_owned())
    };
    let number = |name: &str, default: u64| -> u64 {
        text(name, &default.to_string()).parse().unwrap_or_else(|_| panic!("{name} takes a number"))
    };
    let to: Ipv4Addr = text("--to", "10.9.0.2").parse().expect("--to takes an address");
    let (hosts, ports) = (number("--hosts", 1), number("--ports", 1));
    let (seconds, size, pace) =
        (number("--seconds", 5), number("--size", 214), number("--pace", 0));
    let first_port = number("--first-port", 1024);

    let socket = UdpSocket::bind("0.0.0.0:40000").expect("a socket");
    let payload = vec![0x55; size as usize];
    let target = |packet: u64| {
        let flow = packet % (hosts * ports);
        let host = Ipv4Addr::from(u32::from(to) + (flow / ports) as u32);
        SocketAddrV4::new(host, (first_port + flow % ports) as u16)
    };
    if hosts * ports == 1 {
        socket.connect(target(0)).expect("a route");
    }
    let begun = Instant::now();
    let end = Duration::from_secs(seconds);
    let (mut sent, mut failed) = (0_u64, 0_u64);
    'all: loop {
        for _ in 0..64 {
            if pace > 0 {
                while sent as f64 >= begun.elapsed().as_secs_f64() * pace as f64 {
                    if begun.elapsed() >= end {
                        break 'all;
                    }
                    std::thread::sleep(Duration::from_micros(500));
                }
            }
            let result = if hosts * ports == 1 {
                socket.send(&payload)
            } else {
                socket.send_to(&payload, target(sent))
            };
            match result {
                Ok(_) => sent += 1,
                Err(_) => failed += 1,
            }
        }
        if begun.elapsed() >= end {
            break;
        }
    }
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<u64>().unwrap_or(0);
    println!(
        "{sent} {failed} {:.3} {:.2}",
        begun.elapsed().as_secs_f64(),
        (ticks(11) + ticks(12)) as f64 / 100.0
    );
}
