//! Machines unlike the one that the course was written on, as far as one machine can play them.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use libtest_mimic::Failed;
use support::claim::read_records;
use support::process::allowed_cores;

/// With this in the environment, every chapter runs in every shape.
const ALL: &str = "COURSE_SHAPES";

/// A program may take longer there: the longest course second is ten times the usual one.
pub const LIMIT: Duration = Duration::from_secs(1_200);

#[derive(Clone, Copy)]
pub struct Shape {
    pub name: &'static str,
    /// What a shell does, with the program as `$0`.
    script: &'static str,
    needs_root: bool,
    /// The chapters that `make test` runs in it.
    in_test: &'static [&'static str],
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "1,024 open files",
        script: "ulimit -n 1024; exec \"$0\"",
        needs_root: false,
        in_test: &["07-coroutines", "08-io-models"],
    },
    Shape {
        name: "4,096 open files",
        script: "ulimit -n 4096; exec \"$0\"",
        needs_root: false,
        in_test: &[],
    },
    Shape {
        name: "one core",
        script: "exec taskset -c \"$CORE\" \"$0\"",
        needs_root: false,
        in_test: &["01-theory"],
    },
    Shape {
        name: "a course second of 10 ms",
        script: "COURSE_SECOND_MS=10 exec \"$0\"",
        needs_root: false,
        in_test: &[],
    },
    Shape {
        name: "a course second of 1 s",
        script: "COURSE_SECOND_MS=1000 exec \"$0\"",
        needs_root: false,
        in_test: &[],
    },
    Shape {
        name: "no Python",
        script: "d=$(mktemp -d); for c in /usr/bin/* /bin/*; do case ${c##*/} in python*) ;; *) ln -s \"$c\" \"$d\" 2>/dev/null ;; esac; done; \
                 COURSE_PYTHON= PATH=$d \"$0\"; code=$?; rm -r \"$d\"; exit $code",
        needs_root: false,
        in_test: &[],
    },
    Shape {
        name: "an ordinary user",
        script: "mkdir -p \"$COURSE_VERDICTS\"; chmod 777 \"$COURSE_VERDICTS\"; \
                 exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\"",
        needs_root: true,
        in_test: &[],
    },
    Shape {
        name: "a quota of one CPU",
        script: "in_group cpu cpu.max '100000 100000' cpu.cfs_quota_us 100000",
        needs_root: true,
        in_test: &[],
    },
    Shape {
        name: "2 GiB of memory",
        script: "in_group memory memory.max 2147483648 memory.limit_in_bytes 2147483648",
        needs_root: true,
        in_test: &[],
    },
    Shape {
        name: "1,000 processes",
        script: "in_group pids pids.max 1000 pids.max 1000",
        needs_root: true,
        in_test: &[],
    },
    Shape {
        name: "pid_max 4,194,304",
        script: "old=$(cat /proc/sys/kernel/pid_max); echo 4194304 >/proc/sys/kernel/pid_max; \"$0\"; code=$?; \
                 echo \"$old\" >/proc/sys/kernel/pid_max; exit $code",
        needs_root: true,
        in_test: &[],
    },
    Shape {
        name: "no network and no IPv6",
        script: "exec unshare -n sh -c 'ip link set lo up; echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; exec \"$0\"' \"$0\"",
        needs_root: true,
        in_test: &[],
    },
    Shape {
        name: "a /dev/shm of 64 MiB",
        script: "exec unshare -m sh -c 'mount -t tmpfs -o size=64m none /dev/shm && exec \"$0\"' \"$0\"",
        needs_root: true,
        in_test: &[],
    },
];

/// `in_group CONTROLLER FILE VALUE OLD-FILE OLD-VALUE`: the program in a control group of its own, of version 2 or 1.
const IN_GROUP: &str = r#"in_group() {
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        tree=/sys/fs/cgroup; echo "+$1" >$tree/cgroup.subtree_control; file=$2 value=$3
    else
        tree=/sys/fs/cgroup/$1; file=$4 value=$5
    fi
    group=$tree/course-$$; mkdir $group && echo "$value" >$group/$file && echo $$ >$group/cgroup.procs || exit 1
    "$program"; code=$?
    echo $$ >$tree/cgroup.procs; rmdir $group; exit $code
}
program=$0
"#;

/// The shapes to run, and which chapters: all of them, if not said.
pub fn wanted() -> impl Iterator<Item = (Shape, Option<&'static [&'static str]>)> {
    let all = env::var_os(ALL).is_some();
    let is_root = nix::unistd::geteuid().is_root();
    SHAPES
        .iter()
        .filter(move |shape| all && (is_root || !shape.needs_root) || !shape.in_test.is_empty())
        .map(move |shape| (*shape, (!all).then_some(shape.in_test)))
}

impl Shape {
    /// The program on such a machine.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{IN_GROUP}{}", self.script))
            .arg(program);
        let core = allowed_cores().map_or(0, |cores| cores[0]);
        command.env("CORE", core.to_string());
        command
    }

    pub fn folder(&self) -> String {
        self.name.replace([' ', ',', '/'], "-")
    }

    /// Prints what came out otherwise than on the machine that the course was written on.
    pub fn report(&self, chapter: &str, verdicts: &Path) -> Result<(), Failed> {
        let records = read_records(verdicts)?;
        let here = records.iter().filter(|record| record.notebook == chapter);
        let (expected, other): (Vec<_>, Vec<_>) =
            here.partition(|record| record.outcome == record.expected.into());
        let mut said = format!("{chapter}, {}: {} as expected", self.name, expected.len());
        for record in other {
            said += &format!("; {} {}", record.id, record.outcome.name());
        }
        println!("{said}");
        Ok(())
    }
}
