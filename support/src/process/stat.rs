//! `/proc/<pid>/stat`, as `proc_pid_stat(5)` has it.

use std::fs;

/// The fields that are of use here.
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "there is no such file")
)]
pub(super) struct Stat<'a> {
    pub(super) name: &'a str,
    pub(super) state: char,
    pub(super) parent: u32,
    /// In clock ticks, as `system`.
    pub(super) user: u64,
    pub(super) system: u64,
    pub(super) nice: i32,
    pub(super) threads: u32,
    /// In clock ticks since boot.
    pub(super) start: u64,
    pub(super) status: i32,
}

impl Stat<'_> {
    pub(super) fn parse(text: &str) -> Option<Stat<'_>> {
        // The name in field 2 may hold blanks and parentheses; the last one closes it.
        let (head, tail) = text.rsplit_once(") ")?;
        let (_, name) = head.split_once('(')?;
        // The numbers of the fields are those of proc_pid_stat(5).
        let mut fields = (3..).zip(tail.trim_ascii_end().split(' '));
        let mut field = |number| fields.find(|&(n, _)| n == number).map(|(_, text)| text);
        Some(Stat {
            name,
            state: field(3)?.chars().next()?,
            parent: field(4)?.parse().ok()?,
            user: field(14)?.parse().ok()?,
            system: field(15)?.parse().ok()?,
            nice: field(19)?.parse().ok()?,
            threads: field(20)?.parse().ok()?,
            start: field(22)?.parse().ok()?,
            status: field(52)?.parse().ok()?,
        })
    }
}

/// The letter of its state, and its start in clock ticks since boot; `None` if the process is gone or the system does not tell.
#[cfg_attr(not(feature = "ipc"), allow(dead_code, reason = "for `ipc`"))]
pub(crate) fn look(pid: u32) -> Option<(char, u64)> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    Stat::parse(&text).map(|stat| (stat.state, stat.start))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn this_process_runs_and_nobody_has_the_largest_id() {
        let (state, start) = look(std::process::id()).unwrap();
        assert!("RS".contains(state) && start > 0, "{state} {start}");
        assert_eq!(look(u32::MAX), None);
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[0-9]{0,3} ?\\(?.*\\)? ?[A-Z ]?([0-9 -]|\\PC){0,200}") {
            let _ = Stat::parse(&text);
        }
    }
}
