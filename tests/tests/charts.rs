//! Charts as Chromium lays them out: no text lies on another or leaves the picture, inline and as an image.
//!
//! Asked of every kind with much in it, and of what the notebooks show: as run, and as committed. Without Chromium or Chrome the
//! trials are passed over, and a line says so. `COURSE_SHOTS` names a folder for pictures of every kind, light and dark.

mod common;

mod charts {
    pub mod corpus;
}

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use charts::corpus;
use common::browser::{Outcome, add, ask, launch, report, resize, shoot};
use course_tests::{Notebook, notebooks, root};
use headless_chrome::{Browser, Tab};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::json;
use support::chart::DARK;

/// Wide enough for a chart in its own size.
const WINDOW: (u32, u32) = (800, 900);
/// Defines `judge()` and `paint()`; see the file.
const JUDGE: &str = include_str!("charts.js");

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let trials = common::browser::trials(&args, "charts", "COURSE_NOTEBOOKS", trials);
    libtest_mimic::run(&args, trials).exit_code()
}

fn trials(run: PathBuf, chrome: PathBuf) -> Result<Vec<Trial>, String> {
    let browser = Arc::new(launch(chrome, WINDOW)?);
    let trial = |name: String, svgs: Vec<(String, String)>| {
        let browser = Arc::clone(&browser);
        Trial::test(name, move || judge(&browser, &svgs))
    };
    let kinds = corpus::charts().map_err(|e| e.to_string())?;
    let kinds = kinds
        .into_iter()
        .map(|(name, chart)| (name, chart.svg().to_owned()));
    let mut trials: Vec<Trial> = kinds
        .map(|(name, svg)| trial(name.clone(), vec![(name, svg)]))
        .collect();
    let folders = [("as run", run), ("as committed", root().join("notebooks"))];
    for (which, folder) in folders {
        for path in notebooks(&folder).map_err(|e| e.to_string())? {
            let (name, svgs) = shown(&path)?;
            trials.push(trial(format!("{name} {which}"), svgs));
        }
    }
    Ok(trials)
}

/// The name of a notebook, and its charts with the cells that show them.
fn shown(path: &Path) -> Result<(String, Vec<(String, String)>), String> {
    let notebook = Notebook::read(path)?;
    let mut svgs = Vec::new();
    for cell in notebook.code() {
        let shown = cell.outputs().iter();
        let shown = shown.filter_map(|output| output.shown("image/svg+xml"));
        svgs.extend(shown.map(|svg| (cell.label.clone(), svg.to_owned())));
    }
    Ok((notebook.name, svgs))
}

fn judge(browser: &Browser, svgs: &[(String, String)]) -> Outcome {
    let tab = browser.new_tab()?;
    let found = std::sync::Mutex::default();
    let outcome = judge_in(&tab, svgs, |lines| add(&found, lines));
    let _ = tab.close(false);
    outcome.and_then(|()| report(&found))
}

fn judge_in(tab: &Tab, svgs: &[(String, String)], add: impl Fn(Vec<String>)) -> Outcome {
    resize(tab, WINDOW.0, WINDOW.1)?;
    tab.evaluate(JUDGE, false)?;
    for (name, svg) in svgs {
        let judged = ask(tab, &format!("judge({})", json!(svg)))?;
        let lines = judged.lines().map(|line| format!("{name}: {line}"));
        add(lines.collect());
        if let Some(folder) = env::var_os("COURSE_SHOTS") {
            shots(tab, Path::new(&folder), name)?;
        }
    }
    Ok(())
}

/// Pictures of the chart that stands in the page.
fn shots(tab: &Tab, folder: &Path, name: &str) -> Result<(), Failed> {
    let dark: String = DARK
        .map(|(name, colour)| format!("{name}:{colour};"))
        .concat();
    for (theme, variables) in [("light", ""), ("dark", dark.as_str())] {
        ask(tab, &format!("paint({})", json!(variables)))?;
        shoot(tab, WINDOW.0, &folder.join(format!("{name}, {theme}.png")))?;
    }
    resize(tab, WINDOW.0, WINDOW.1)
}
