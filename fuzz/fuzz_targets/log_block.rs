#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| flowlogd_fuzz::run("log_block", data));
