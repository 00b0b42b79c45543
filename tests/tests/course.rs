//! The program `course` as a shell sees it.

use std::io;
use std::process::{Command, Stdio};

use course_tests::root;

/// As in `course … | head`, which has read enough before the program ends.
#[test]
fn output_that_is_cut_is_no_failure() {
    let notebook = root().join("notebooks/01-theory.ipynb");
    for arguments in [
        &["help"][..],
        &["front", notebook.to_str().expect("UTF-8")],
        &["check", "/no/such/notebook", "/no/such/folder"],
    ] {
        let (read, write) = io::pipe().expect("a pipe");
        drop(read);
        let mut course = Command::new(env!("CARGO_BIN_EXE_course"));
        course.args(arguments).stdout(write).stderr(Stdio::piped());
        let output = course.output().expect("the program is there");
        let said = String::from_utf8_lossy(&output.stderr);
        let fails = arguments[0] == "check";
        assert_eq!(output.status.success(), !fails, "{arguments:?}: {said}");
        assert_eq!(said.is_empty(), !fails, "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
    // What is wrong may be what nobody reads.
    let (read, write) = io::pipe().expect("a pipe");
    drop(read);
    let mut course = Command::new(env!("CARGO_BIN_EXE_course"));
    course.args(["check", "/no/such/notebook", "/no/such/folder"]);
    let status = course.stderr(write).status().expect("it is there");
    assert_eq!(status.code(), Some(1));
}
