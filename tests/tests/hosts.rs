//! Binder and the devcontainer get the versions that `make` has: they call it and name none themselves.

use std::fs;

use course_tests::root;
use serde_json::Value;

const FILES: [&str; 4] = [
    ".binder/apt.txt",
    ".binder/postBuild",
    ".binder/start",
    ".devcontainer/devcontainer.json",
];

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[test]
fn they_call_targets_that_are_there() {
    let makefile = read("Makefile");
    for file in [FILES[1], FILES[3]] {
        let text = read(file);
        let called: Vec<&str> = text.split("make ").skip(1).collect();
        assert!(!called.is_empty(), "{file} calls no make");
        for rest in called {
            let target: String = rest
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let rule = format!("\n{target}:");
            assert!(makefile.contains(&rule), "{file}: no target `{target}`");
        }
    }
}

#[test]
fn they_name_no_version() {
    for file in FILES {
        let text = read(file);
        let digits = text.match_indices('.').find(|&(at, _)| {
            let around = [
                text[..at].chars().next_back(),
                text[at + 1..].chars().next(),
            ];
            around.iter().all(|c| c.is_some_and(|c| c.is_ascii_digit()))
        });
        assert_eq!(digits, None, "{file} names a version");
        assert!(
            !text.contains("pip install"),
            "{file} installs packages itself"
        );
        assert!(
            !text.contains("cargo install"),
            "{file} installs packages itself"
        );
    }
}

/// Both find the kernel where `make setup` puts it, the verdicts where `make lab` does.
#[test]
fn they_find_what_make_makes() {
    let setup = "tests/src/bin/course/setup.rs";
    for (path, made_by, made) in [
        ("target/venv/share/jupyter", setup, "venv/share/jupyter"),
        (
            "target/verdicts",
            "Makefile",
            "COURSE_VERDICTS=\"$(T)/verdicts\"",
        ),
        (
            "target/venv/bin",
            "Makefile",
            "export PATH := $(T)/venv/bin:",
        ),
    ] {
        assert!(read(made_by).contains(made), "{made_by}: {made}");
        for file in &FILES[2..] {
            assert!(read(file).contains(path), "{file}: {path}");
        }
    }
}

#[test]
fn they_can_be_read_and_run() {
    serde_json::from_str::<Value>(&read(FILES[3])).expect("JSON");
    serde_json::from_str::<Value>(&read("notebooks/labconfig/default_setting_overrides.json"))
        .expect("JSON");
    #[cfg(unix)]
    for file in &FILES[1..3] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(root().join(file))
            .expect("is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{file} is not executable");
        let outcome = std::process::Command::new("bash")
            .arg("-n")
            .arg(root().join(file))
            .status();
        assert!(
            outcome.is_ok_and(|status| status.success()),
            "{file} is no script"
        );
    }
}
