//! What contributors run: the checks of the code, the pinned packages, the catalogues of translations.

use std::fs;
use std::path::Path;
use std::process::Command;

use anstream::println;
use course_tests::{notebooks, root, translations};

use crate::setup::{done, interpreter, python};

/// Formatting, clippy (the notebooks' code too), documentation; warnings are errors.
pub fn lint() -> Result<String, String> {
    let programs = [
        "--manifest-path",
        "target/code/Cargo.toml",
        "--target-dir",
        "target/code/target",
    ];
    let deny = ["--", "-D", "warnings"];
    for arguments in [
        &["fmt", "--all", "--check"][..],
        &[&["clippy", "--workspace", "--all-targets"], &deny[..]].concat(),
        &[&["clippy"], &programs[..], &deny[..]].concat(),
        &["doc", "--workspace", "--no-deps"],
    ] {
        println!("cargo {}", arguments.join(" "));
        let mut cargo = Command::new("cargo");
        cargo
            .args(arguments)
            .env("RUSTDOCFLAGS", "-D warnings")
            .current_dir(root());
        done(
            &mut cargo,
            &format!("cargo {} found something", arguments[0]),
        )?;
    }
    Ok(String::new())
}

/// Pins the Python packages anew.
pub fn lock() -> Result<String, String> {
    done(
        python().args(["-m", "pip", "install", "-q", "uv"]),
        "uv could not be installed",
    )?;
    let mut uv = Command::new(interpreter().with_file_name("uv"));
    uv.args([
        "pip",
        "compile",
        "-q",
        "--universal",
        "--python-version",
        "3.10",
        "--generate-hashes",
    ])
    .args([
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--custom-compile-command",
        "make lock",
    ])
    .arg("--cache-dir")
    .arg(root().join("target/uv"))
    .args(["requirements.in", "-o", "requirements.txt"])
    .current_dir(root().join("notebooks"));
    done(&mut uv, "the packages could not be resolved")?;
    Ok("notebooks/requirements.txt".into())
}

/// Brings the catalogues up to date with the text of the course, and lists what is missing or fuzzy.
pub fn translations() -> Result<String, String> {
    let (notes, target) = (root().join("notebooks"), root().join("target/gettext"));
    let source = target.join("source");
    let _ = fs::remove_dir_all(&target);
    let copy = |file: &Path| {
        let to = source.join(file.file_name().unwrap_or_default());
        fs::copy(file, to).map_err(|e| format!("{}: {e}", file.display()))
    };
    fs::create_dir_all(&source).map_err(|e| format!("{}: {e}", source.display()))?;
    for chapter in notebooks(&notes).map_err(|e| e.to_string())? {
        copy(&chapter)?;
    }
    for page in ["index.md", "glossary.md", "_static/front.svg"] {
        copy(&notes.join(page))?;
    }
    let mut sphinx = python();
    sphinx
        .args([
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-q",
            "-E",
            "-b",
            "gettext",
            "-c",
        ])
        .arg(&notes)
        .args(["-D", "gettext_location=0", "-d"])
        .args([target.join("doctrees"), source, target.join("pot")]);
    done(&mut sphinx, "the text could not be taken from the pages")?;
    let mut update = python();
    update.args([
        "-m",
        "sphinx_intl",
        "update",
        "-l",
        "zh_CN",
        "-w",
        "0",
        "-p",
    ]);
    update
        .arg(target.join("pot"))
        .arg("-d")
        .arg(notes.join("locale"));
    done(
        &mut update,
        "the catalogues could not be brought up to date",
    )?;
    let catalogues = translations::catalogues(&notes.join("locale"))?;
    match translations::lacking(&catalogues)? {
        lacking if lacking.is_empty() => {
            Ok(format!("{} catalogues, all translated", catalogues.len()))
        }
        lacking => Err(lacking.join("\n")),
    }
}
