use std::env;
use std::time::SystemTime;

/// xorshift64*: enough to choose whom to kill and when.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// With the seed in `COURSE_SEED` or else the time, which it prints.
    ///
    /// # Panics
    /// If `COURSE_SEED` is no number.
    pub fn from_time() -> Random {
        let seed = env::var("COURSE_SEED").map_or_else(
            |_| {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                now.unwrap_or_default().as_nanos() as u64 | 1
            },
            |seed| seed.parse().expect("COURSE_SEED is a number"),
        );
        println!("COURSE_SEED={seed}");
        Random(seed)
    }

    /// With this seed, which is not 0.
    pub fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }
}
