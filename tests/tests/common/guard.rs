//! A child process that never outlives its test, nor does anything that it started.

use std::collections::HashSet;
use std::process::{Child, Command};

use sysinfo::{Pid, ProcessesToUpdate, System};

/// Kills the child and all its descendants when dropped. The kernel makes a session of its own, so that killing a
/// process group would not reach it.
pub struct Guard(pub Child);

impl Guard {
    pub fn spawn(command: &mut Command) -> Self {
        Self(
            command
                .spawn()
                .unwrap_or_else(|e| panic!("cannot start {command:?}: {e}")),
        )
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Ok(mut system) = System::new() else {
            let _ = self.0.kill();
            return;
        };
        system.refresh_processes(ProcessesToUpdate::All, true);
        let own = Pid::from_u32(self.0.id());
        let mut doomed = HashSet::from([own]);
        let mut known = 0;
        while known < doomed.len() {
            known = doomed.len();
            for (pid, process) in system.processes() {
                if process
                    .parent()
                    .is_some_and(|parent| doomed.contains(&parent))
                {
                    doomed.insert(*pid);
                }
            }
        }
        doomed.remove(&own);
        let _ = self.0.kill();
        for pid in doomed {
            system.process(pid).map(sysinfo::Process::kill);
        }
        let _ = self.0.wait();
    }
}
