#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ferrodesk_fuzz::names(data));
