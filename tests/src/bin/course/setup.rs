//! The kernel: found or built, known to Jupyter, with what it needs to run without a network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anstream::println;
use course_tests::{files, root};
use serde_json::{Value, json};

pub fn run(version: &str) -> Result<String, String> {
    let target = root().join("target");
    let ours = target.join(format!("kernel-{version}/bin/evcxr_jupyter"));
    let (kernel, said) = match on_path("evcxr_jupyter").filter(|file| is_of(version, file)) {
        Some(kernel) => {
            let said = format!("Using the kernel on the PATH: {}", kernel.display());
            (kernel, said)
        }
        None => {
            if !ours.exists() {
                build(version, &target)?;
            }
            let said = format!("Using the kernel {}", ours.display());
            (ours, said)
        }
    };
    let jupyter = target.join("venv/share/jupyter");
    let mut install = Command::new(&kernel);
    install.arg("--install").env("JUPYTER_PATH", &jupyter);
    done(install.stdout(Stdio::null()), "the kernel did not install")?;
    let spec = jupyter.join("kernels/rust/kernel.json");
    start_by_ours(&spec).map_err(|e| format!("{}: {e}", spec.display()))?;
    let kernels = target.join("kernels");
    // Cells are compiled incrementally; what is not, the kernel's cache keeps.
    files::write(
        &kernels.join(".cargo/config.toml"),
        "[profile.dev.package.support]\nincremental = false\n",
    )?;
    files::write(
        &kernels.join(".config/evcxr.toml"),
        "[evcxr]\noffline_mode = true\n",
    )?;
    // What the course needs is fetched here, so that it runs without a network.
    done(
        Command::new("cargo").args(["fetch", "-q"]),
        "the crates could not be fetched: the first set-up needs the network; run make again to resume",
    )?;
    Ok(said)
}

/// It has no `--version`, but its own source paths carry it.
fn is_of(version: &str, kernel: &Path) -> bool {
    let path = format!("evcxr_jupyter-{version}/");
    let bytes = fs::read(kernel).unwrap_or_default();
    bytes.windows(path.len()).any(|at| at == path.as_bytes())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn build(version: &str, target: &Path) -> Result<(), String> {
    if on_path("cc").is_none() {
        return Err(
            "make: no C linker (cc): install one (Debian, Ubuntu: apt install gcc; macOS: xcode-select --install)".into(),
        );
    }
    println!(
        "Building the kernel evcxr_jupyter {version} into target/ (6 minutes on 2 cores, once) …"
    );
    // This folder outlives an interrupted build, so that the next one goes on where it stopped.
    let builds = target.join("kernel-build");
    let mut install = Command::new("cargo");
    install
        .args(["install", "evcxr_jupyter", "--locked", "--no-track"])
        .arg(format!("--version={version}"))
        .arg("--root")
        .arg(target.join(format!("kernel-{version}")))
        .env("CARGO_TARGET_DIR", &builds);
    done(
        &mut install,
        "the kernel did not build (see above; the first build needs the network); run make again to resume",
    )?;
    let _ = fs::remove_dir_all(builds);
    Ok(())
}

/// The kernel is started by `notebooks/kernel.sh`.
fn start_by_ours(spec: &Path) -> Result<(), String> {
    let text = files::read(spec)?;
    let mut json: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let [kernel, _, connection] = json["argv"].as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(format!(
            "starts a kernel in a way unknown: {}",
            json["argv"]
        ));
    };
    let start = root().join("notebooks/kernel.sh");
    json["argv"] = json!(["/bin/sh", start, kernel, connection]);
    files::write(spec, &format!("{json:#}\n"))
}

/// The interpreter that Jupyter and Sphinx run in; the programs ask it too.
pub fn interpreter() -> PathBuf {
    root().join("target/venv/bin/python")
}

/// It, in the root of the course.
pub fn python() -> Command {
    let mut python = Command::new(interpreter());
    python.current_dir(root());
    python
}

/// Runs the command to its end; `or` is the sentence when it fails.
pub fn done(command: &mut Command, or: &str) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("make: {or} ({status})")),
        Err(e) => Err(format!("make: {or} ({command:?}: {e})")),
    }
}
