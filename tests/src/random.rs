use std::env;
use std::time::SystemTime;

/// Random numbers whose seed is in `COURSE_SEED`, or else the time, and is printed: whom to kill and when.
///
/// # Panics
/// If `COURSE_SEED` is no number.
pub fn random() -> fastrand::Rng {
    let seed = env::var("COURSE_SEED").map_or_else(
        |_| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.unwrap_or_default().as_nanos() as u64
        },
        |seed| seed.parse().expect("COURSE_SEED is a number"),
    );
    println!("COURSE_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
