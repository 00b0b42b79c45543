//! Benches of `process`.
fn main() {}
