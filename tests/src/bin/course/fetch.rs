//! Packages of the npm registry, by name and version; npm itself is not needed.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use course_tests::root;
use sha2::{Digest, Sha256};

use crate::setup::done;

pub const AXE: &str = "axe-core-4.14.1";
pub const REVEAL: &str = "reveal.js-5.2.1";
/// Each with the SHA-256 of its archive.
const PACKAGES: [(&str, &str); 2] = [
    (
        AXE,
        "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
    ),
    (
        REVEAL,
        "359b575dd51bbda32f89b2fd4c7dc46ad7389a805572158916c29252f7a27333",
    ),
];

/// The folder of the package, which is downloaded if it is not there.
pub fn package(package: &str) -> Result<PathBuf, String> {
    let known = PACKAGES.iter().find(|(of, _)| *of == package);
    let (_, sum) = known.ok_or_else(|| format!("no package {package:?} in {}", file!()))?;
    let (name, _) = package.rsplit_once('-').unwrap_or((package, ""));
    let folder = root().join("target/npm");
    let [archive, part, whole] = ["tgz", "part", ""]
        .map(|ending| folder.join(format!("{package}.{ending}").trim_end_matches('.')));
    if whole.exists() {
        return Ok(whole);
    }
    let failed = |what: std::io::Error| format!("{}: {what}", folder.display());
    let _ = fs::remove_dir_all(&part);
    fs::create_dir_all(&part).map_err(failed)?;
    done(
        Command::new("curl")
            .args(["-sSfL", "--retry", "3", "-o"])
            .arg(&archive)
            .arg(format!("https://registry.npmjs.org/{name}/-/{package}.tgz")),
        &format!(
            "cannot download {package}: it needs curl and the network; run make again when they are there"
        ),
    )?;
    let found = Sha256::digest(fs::read(&archive).map_err(failed)?);
    if format!("{found:x}") != *sum {
        return Err(format!(
            "make: {package} from the npm registry is not what it was"
        ));
    }
    done(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(&part)
            .arg("--strip-components=1"),
        &format!("cannot unpack {package}"),
    )?;
    fs::remove_file(&archive)
        .and_then(|()| fs::rename(&part, &whole))
        .map_err(failed)?;
    Ok(whole)
}
