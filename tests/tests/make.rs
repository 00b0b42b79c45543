//! What `make` says before it does anything. Needs no kernel: the Makefile is read in an empty folder.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::guard::Guard;
use course_tests::root;
use support::measure::SECOND_MS;
use unicode_width::UnicodeWidthStr as _;

/// A folder with the Makefile alone.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("target")).expect("writable");
    for sources in ["support/src", "tests/src"] {
        fs::create_dir_all(folder.join(sources)).expect("writable");
    }
    fs::copy(root().join("Makefile"), folder.join("Makefile")).expect("writable");
    folder
}

/// What would be done, or what is in the way. We may be called by a make ourselves.
fn make(folder: &Path, arguments: &[&str], second: Option<&str>) -> Output {
    let mut make = Command::new("make");
    make.current_dir(folder).arg("-n").args(arguments);
    for variable in ["MAKELEVEL", "MAKEFLAGS", "MFLAGS", "COURSE_SECOND_MS"] {
        make.env_remove(variable);
    }
    make.envs(second.map(|value| ("COURSE_SECOND_MS", value)));
    make.output().expect("make is there")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_wrong_course_second_is_told_at_once() {
    let folder = folder("second");
    let (least, most) = (*SECOND_MS.start(), *SECOND_MS.end());
    for right in [least, most] {
        let output = make(&folder, &["help"], Some(&right.to_string()));
        assert!(output.status.success(), "{right}: {}", said(&output));
    }
    let (under, over) = ((least - 1).to_string(), (most + 1).to_string());
    for wrong in [&*under, &*over, "", "fast", "1e2"] {
        let output = make(&folder, &["help"], Some(wrong));
        assert!(!output.status.success(), "{wrong:?}");
        let what = format!(
            "COURSE_SECOND_MS is \"{wrong}\": it must be a whole number of milliseconds from {least} to {most}"
        );
        let said = said(&output);
        assert!(said.contains(&what), "{said}");
    }
}

#[test]
fn a_second_make_in_the_folder_says_who_is_there() {
    let folder = folder("two");
    let first = make(&folder, &["clean"], None);
    assert_eq!(said(&first), "", "of the first make nothing is to be said");
    let long = folder.join("long.mk");
    fs::write(&long, "all:\n\t@sleep 60\n").expect("writable");
    let mut other = Guard::spawn(
        Command::new("make")
            .arg("-f")
            .arg(&long)
            .stdout(Stdio::null()),
    );
    let held = folder.join("target/make.pid");
    fs::write(&held, other.0.id().to_string()).expect("writable");
    let who = format!(
        "another make, process {}, is at work in this folder",
        other.0.id()
    );
    for goals in [
        &[][..],
        &["site"],
        &["setup"],
        &["target/notebooks/01-theory.ipynb"],
        &["clean"],
    ] {
        let output = make(&folder, goals, None);
        let said = said(&output);
        assert!(
            !output.status.success() && said.contains(&who),
            "{goals:?}: {said}"
        );
    }
    let beside = make(&folder, &["help"], None);
    assert!(beside.status.success(), "{}", said(&beside));

    other.0.kill().expect("it runs");
    other.0.wait().expect("our child");
    let alone = make(&folder, &["clean"], None);
    assert!(alone.status.success(), "{}", said(&alone));
    assert_ne!(
        fs::read_to_string(&held).expect("written"),
        other.0.id().to_string()
    );
}

/// It is glue: what decides is in the program `course`.
#[test]
fn the_makefile_is_short() {
    let makefile = fs::read_to_string(root().join("Makefile")).expect("is there");
    let wide = |line: &&str| line.replace('\t', "        ").width() > 120;
    assert!(makefile.lines().count() <= 120);
    assert_eq!(makefile.lines().find(wide), None);
}
