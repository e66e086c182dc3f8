//! Network namespaces that go when the test ends, however it ends.
#![expect(unsafe_code, reason = "namespaces and odd sockets have no safe interface in std")]

use std::ffi::c_void;
use std::fs::File;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

/// Runs a test that needs root, or says that it does not.
pub(crate) fn as_root(test: impl FnOnce()) {
    // SAFETY: takes nothing.
    if unsafe { libc::geteuid() } == 0 {
        return test();
    }
    let required =
        std::env::var_os("FLOWLOGD_REQUIRE_ROOT_TESTS").is_some_and(|value| value == "1");
    assert!(!required, "FLOWLOGD_REQUIRE_ROOT_TESTS is 1, and this is not root");
    say_skipped();
}

#[expect(clippy::print_stderr, reason = "a test that did not run must not look like one that did")]
fn say_skipped() {
    eprintln!("SKIPPED: this test needs root; FLOWLOGD_REQUIRE_ROOT_TESTS=1 makes that a failure");
}

/// A network namespace without IPv6, on whose devices so nothing moves by itself.
pub(crate) struct Namespace {
    pub(crate) name: String,
}

impl Namespace {
    pub(crate) fn new(label: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = Self { name: format!("flowlogd-{}-{count}-{label}", std::process::id()) };
        ip(&["netns", "add", &namespace.name]);
        for which in ["all", "default"] {
            let path = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
            namespace.run(move || {
                // A kernel without IPv6 does not have it.
                let _ = std::fs::write(path, "1");
            });
        }
        namespace
    }

    /// Runs `work` on a thread in the namespace. Sockets that it opens stay there.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let file = File::open(format!("/run/netns/{}", self.name)).expect("the namespace");
        thread::scope(|scope| {
            let thread = scope.spawn(move || {
                // SAFETY: takes numbers; changes this thread only.
                let entered = unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) };
                assert_eq!(entered, 0, "entering the namespace");
                work()
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Runs `ip` with these arguments in the namespace, and returns what it prints.
    pub(crate) fn ip(&self, arguments: &[&str]) -> String {
        ip(&[&["-n", &self.name], arguments].concat())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Not `ip()`: a panic while another unwinds would hide both.
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).status();
    }
}

/// Two namespaces with a cable between them: `left` is 10.77.0.1, `right` is 10.77.0.2.
pub(crate) struct Pair {
    pub(crate) left: Namespace,
    pub(crate) right: Namespace,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let pair = Self { left: Namespace::new("l"), right: Namespace::new("r") };
        connect(&pair.left, "left", "10.77.0.1", &pair.right, "right", "10.77.0.2");
        pair
    }

    /// Adds a namespace at 10.78.0.2, to which `right` forwards through its device `towards`.
    /// That device takes no super-packets: the kernel cuts them before.
    pub(crate) fn add_far_end(&self) -> Namespace {
        let far = Namespace::new("f");
        connect(&self.right, "towards", "10.78.0.1", &far, "far", "10.78.0.2");
        self.right.ip(&["link", "set", "towards", "gso_max_segs", "1"]);
        self.left.ip(&["route", "add", "10.78.0.0/24", "via", "10.77.0.2"]);
        far.ip(&["route", "add", "10.77.0.0/24", "via", "10.78.0.1"]);
        self.right
            .run(|| std::fs::write("/proc/sys/net/ipv4/ip_forward", "1"))
            .expect("forwarding");
        far
    }
}

fn connect(a: &Namespace, device: &str, address: &str, b: &Namespace, peer: &str, remote: &str) {
    a.ip(&["link", "add", device, "type", "veth", "peer", "name", peer, "netns", &b.name]);
    let mac = |address: &str| {
        let address: Ipv4Addr = address.parse().expect("an address");
        let [first, second, third, fourth] = address.octets();
        format!("02:00:{first:02x}:{second:02x}:{third:02x}:{fourth:02x}")
    };
    for (namespace, device, address) in [(a, device, address), (b, peer, remote)] {
        namespace.ip(&["link", "set", device, "address", &mac(address), "up"]);
        namespace.ip(&["address", "add", &format!("{address}/24"), "dev", device]);
    }
    // Known beforehand: address resolution is no part of what is counted.
    for (namespace, device, address) in [(a, device, remote), (b, peer, address)] {
        namespace.ip(&["neigh", "replace", address, "lladdr", &mac(address), "dev", device]);
    }
}

fn ip(arguments: &[&str]) -> String {
    let output = Command::new("ip").args(arguments).output().expect("ip, of the package iproute2");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {}: {error}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns a statistic of a device.
pub(crate) fn read_number(namespace: &Namespace, device: &str, statistic: &str) -> u64 {
    // /sys shows the namespace in which it was mounted; /proc/net that of the thread.
    let text = namespace.run(|| std::fs::read_to_string("/proc/thread-self/net/dev")).expect("it");
    let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{device}:")));
    let column = match statistic {
        "tx_bytes" => 8,
        "tx_packets" => 9,
        other => panic!("no column for {other}"),
    };
    let number = line.expect("the device").split_whitespace().nth(column);
    number.and_then(|number| number.parse().ok()).expect("a number")
}

/// Returns the time, as the file system has it: tests may not read the clock.
pub(crate) fn unix_time() -> Duration {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let modified = file.as_file().metadata().and_then(|metadata| metadata.modified());
    modified.expect("a time").duration_since(UNIX_EPOCH).expect("after 1970")
}

/// Has the kernel cut what is sent into datagrams of that size.
pub(crate) fn cut_datagrams(socket: &UdpSocket, size: libc::c_int) {
    let (value, length) = ((&raw const size).cast::<c_void>(), 4);
    let fd = socket.as_raw_fd();
    // SAFETY: the value is valid for its length.
    let set = unsafe { libc::setsockopt(fd, libc::SOL_UDP, libc::UDP_SEGMENT, value, length) };
    assert_eq!(set, 0, "setting the segment size");
}

/// Sends a frame as it is from a device of the thread's namespace.
pub(crate) fn send_frame(device: &str, frame: &[u8]) {
    let name = std::ffi::CString::new(device).expect("a name");
    // SAFETY: numbers, a string with its end, a structure of numbers, and a buffer with its length.
    let sent = unsafe {
        let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
        assert!(fd >= 0, "a socket");
        let socket = OwnedFd::from_raw_fd(fd);
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = u16::try_from(libc::AF_PACKET).expect("17");
        address.sll_ifindex = i32::try_from(libc::if_nametoindex(name.as_ptr())).expect("small");
        let length = u32::try_from(size_of::<libc::sockaddr_ll>()).expect("20");
        let to = (&raw const address).cast();
        libc::sendto(socket.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0, to, length)
    };
    assert_eq!(usize::try_from(sent), Ok(frame.len()));
}

/// Makes a device without a link header in the thread's namespace, which lives as long as the
/// file that is returned.
pub(crate) fn tunnel(name: &str) -> File {
    let file = File::options().read(true).write(true).open("/dev/net/tun").expect("/dev/net/tun");
    // SAFETY: a structure of numbers, valid for what the call writes.
    let made = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from.cast_signed();
        }
        request.ifr_ifru.ifru_flags =
            i16::try_from(libc::IFF_TUN | libc::IFF_NO_PI).expect("0x1001");
        libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request)
    };
    assert_eq!(made, 0, "making the device");
    file
}

/// Takes all capabilities from the calling thread.
pub(crate) fn drop_capabilities() {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    let header = Header { version: 0x2008_0522, pid: 0 };
    let none = [0_u32; 6];
    // SAFETY: structures as capabilities(7) gives them: version 3 has two sets of three words.
    let set = unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) };
    assert_eq!(set, 0, "dropping the capabilities");
}
