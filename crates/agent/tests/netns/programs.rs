//! Which programs of the kernel's look at a device.
#![expect(unsafe_code, reason = "std has no interface to bpf(2)")]

use super::netns::Namespace;

/// Returns how many programs look at what a device receives and sends (`TCX`).
pub(crate) fn attached_programs(namespace: &Namespace, device: &str) -> u32 {
    /// What `BPF_PROG_QUERY` takes and returns.
    #[repr(C)]
    #[derive(Default)]
    struct Query {
        device: u32,
        hook: u32,
        flags: [u32; 2],
        programs: u64,
        count: u32,
        rest: [u32; 9],
    }
    const BPF_PROG_QUERY: u32 = 16;
    const BPF_TCX_INGRESS: u32 = 46;
    let name = std::ffi::CString::new(device).expect("a name");
    namespace.run(|| {
        // SAFETY: a string with its end.
        let device = unsafe { libc::if_nametoindex(name.as_ptr()) };
        let count = |hook| {
            let mut query = Query { device, hook, ..Query::default() };
            let size = size_of::<Query>();
            // SAFETY: a structure of numbers, valid for what the call writes.
            let asked =
                unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_QUERY, &raw mut query, size) };
            if asked == 0 { query.count } else { 0 }
        };
        count(BPF_TCX_INGRESS) + count(BPF_TCX_INGRESS + 1)
    })
}
