//! Starting a program where there is no Linux: by `std`.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process;
use std::time::Duration;

use super::stdio::{Source, open};
use super::{Command, Started};
use crate::process::bond::{once_after, start_timer};

pub(super) fn start(
    command: &Command,
    limit: Option<Duration>,
    stdin_inherited: bool,
) -> io::Result<Started> {
    let (sources, ends) = open(&command.stdio, stdin_inherited)?;
    let mut std = process::Command::new(&command.program);
    std.args(&command.args);
    if command.env_cleared {
        std.env_clear();
    }
    for (name, value) in &command.env {
        match value {
            Some(value) => std.env(name, value),
            None => std.env_remove(name),
        };
    }
    if let Some(dir) = &command.current_dir {
        std.current_dir(dir);
    }
    if let Some(group) = command.process_group {
        std.process_group(group);
    }
    for (stream, source) in sources.into_iter().enumerate() {
        let stdio = match source {
            Source::Inherit => process::Stdio::inherit(),
            Source::Null => process::Stdio::null(),
            Source::Given(fd) => fd.as_fd().try_clone_to_owned()?.into(),
            Source::Made(fd) => fd.into(),
        };
        match stream {
            0 => std.stdin(stdio),
            1 => std.stdout(stdio),
            _ => std.stderr(stdio),
        };
    }
    if let Some(limit) = limit {
        let timer = once_after(limit);
        // SAFETY: it makes system calls only.
        unsafe { std.pre_exec(move || start_timer(&timer)) };
    }
    let child = std.spawn()?;
    Ok(Started {
        pid: child.id() as i32,
        pidfd: None::<OwnedFd>,
        ends,
    })
}
