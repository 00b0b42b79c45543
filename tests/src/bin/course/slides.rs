//! A chapter as slides: one file, with reveal.js and the style beside it.

use std::fs;
use std::io;
use std::path::Path;

use course_tests::root;

use crate::setup::{done, python};
use crate::{export, fetch};

pub fn run(executed: &Path, deck: &Path) -> Result<String, String> {
    let (laid_out, templates) = (
        root().join("target/laid-out"),
        root().join("notebooks/_templates"),
    );
    let name = executed.file_name().unwrap_or_default();
    let folder = deck.parent().unwrap_or(deck);
    let reveal = fetch::package(fetch::REVEAL)?;
    let copies = || -> io::Result<()> {
        fs::create_dir_all(&laid_out)?;
        fs::create_dir_all(folder.join("reveal.js/dist"))?;
        for file in ["dist/reveal.js", "dist/reveal.css", "LICENSE"] {
            fs::copy(reveal.join(file), folder.join("reveal.js").join(file))?;
        }
        fs::copy(
            templates.join("slides/slides.css"),
            folder.join("slides.css"),
        )?;
        Ok(())
    };
    copies().map_err(|e| format!("{}: {e}", folder.display()))?;
    export::slides(executed, &laid_out.join(name))?;
    let mut nbconvert = python();
    nbconvert
        .args([
            "-m",
            "nbconvert",
            "--to",
            "slides",
            "--log-level",
            "WARN",
            "--template",
            "slides",
        ])
        .arg("--HTMLExporter.exclude_anchor_links=True")
        .arg("--SlidesExporter.reveal_url_prefix=reveal.js")
        .arg(format!(
            "--TemplateExporter.extra_template_basedirs={}",
            templates.display()
        ))
        .arg("--output-dir")
        .args([folder, &laid_out.join(name)]);
    done(
        &mut nbconvert,
        &format!("{} made no slides", executed.display()),
    )?;
    let made = folder.join(name).with_extension("slides.html");
    fs::rename(&made, deck).map_err(|e| format!("{}: {e}", made.display()))?;
    Ok(String::new())
}
