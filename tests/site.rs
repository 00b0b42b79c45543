//! The rendered site in a real browser: every page, light and dark, wide and narrow.
//!
//! Without Chromium or Chrome the trials are passed over, and a line says so. `COURSE_SHOTS` names a folder for
//! pictures of every page.

#[allow(dead_code, reason = "others use the rest")]
mod browser;
#[allow(dead_code, reason = "the kernel's tests use the rest")]
mod guard;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use browser::{Outcome, add, ask, failing, launch, report, resize, serve, shoot, visit, watch};
use guard::Guard;
use headless_chrome::Browser;
use libtest_mimic::{Arguments, Trial};

const WIDE: u32 = 1300;
const NARROW: u32 = 400;
/// Sphinx makes these; they hold no text of ours. The search page has a trial of its own.
const NOT_OURS: [&str; 2] = ["genindex.html", "search.html"];
/// Defines `judge(width)` and `grounds()`; see the file.
const JUDGE: &str = include_str!("site.js");

struct Site {
    folder: PathBuf,
    address: String,
    browser: Browser,
    _server: Guard,
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let trials = browser::trials(&args, "site", "COURSE_SITE", |folder, chrome| {
        Ok(Site::open(folder, chrome)?.trials())
    });
    libtest_mimic::run(&args, trials).exit_code()
}

impl Site {
    fn open(folder: PathBuf, chrome: PathBuf) -> Result<Self, String> {
        let (server, address) = serve(&folder)?;
        let browser = launch(chrome, (WIDE, 900))?;
        Ok(Self {
            folder,
            address,
            browser,
            _server: server,
        })
    }

    fn trials(self) -> Vec<Trial> {
        let mut pages: Vec<String> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".html") && !NOT_OURS.contains(&name.as_str()))
            .collect();
        pages.sort();
        if pages.is_empty() {
            return vec![failing(
                "site",
                format!("{} holds no page", self.folder.display()),
            )];
        }
        let site = Arc::new(self);
        let trial = |name: String, run: Box<dyn FnOnce(&Site) -> Outcome + Send>| {
            let site = Arc::clone(&site);
            Trial::test(name, move || run(&site))
        };
        let mut trials = vec![
            trial("search".to_owned(), Box::new(Site::search)),
            trial("from the file system".to_owned(), Box::new(Site::by_file)),
        ];
        for page in pages {
            trials.push(trial(
                format!("page {page}"),
                Box::new(move |site| site.page(&page)),
            ));
        }
        trials
    }

    /// One visit finds all that is wrong with a page.
    fn page(&self, page: &str) -> Outcome {
        let tab = self.browser.new_tab()?;
        let found = watch(&tab, &format!("{}/", self.address))?;
        resize(&tab, WIDE, 900)?;
        visit(&tab, &format!("{}/{page}", self.address))?;
        tab.evaluate(JUDGE, false)?;
        let shots = std::env::var_os("COURSE_SHOTS").map(PathBuf::from);
        let mut grounds = Vec::new();
        for theme in ["light", "dark"] {
            ask(
                &tab,
                &format!("document.documentElement.dataset.theme = '{theme}'"),
            )?;
            thread::sleep(Duration::from_millis(500)); // The theme fades from one to the other.
            grounds.push(ask(&tab, "grounds()")?);
            for width in [WIDE, NARROW] {
                resize(&tab, width, 900)?;
                let judged = ask(&tab, "judge()")?;
                add(
                    &found,
                    judged
                        .lines()
                        .map(|line| format!("{theme}, {width} px: {line}")),
                );
                if let Some(folder) = &shots {
                    shoot(
                        &tab,
                        width,
                        &folder.join(format!("{page}-{theme}-{width}.png")),
                    )?;
                }
            }
            resize(&tab, WIDE, 900)?;
        }
        for (chart, (light, dark)) in grounds[0].lines().zip(grounds[1].lines()).enumerate() {
            if light == dark {
                add(
                    &found,
                    [format!(
                        "chart {}: its ground is {light} in dark mode too",
                        chart + 1
                    )],
                );
            }
        }
        let _ = tab.close(false);
        report(&found)
    }

    fn search(&self) -> Outcome {
        let tab = self.browser.new_tab()?;
        visit(&tab, &format!("{}/search.html?q=parallel", self.address))?;
        let began = Instant::now();
        while ask(
            &tab,
            "String(document.querySelectorAll('#search-results li').length)",
        )? == "0"
        {
            if began.elapsed() > Duration::from_secs(10) {
                return Err("searching for \"parallel\" finds nothing within 10 s".into());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// A reader may open the page without any server. The theme then logs errors of its own; it must look right.
    fn by_file(&self) -> Outcome {
        let tab = self.browser.new_tab()?;
        visit(
            &tab,
            &format!("file://{}", self.folder.join("index.html").display()),
        )?;
        let found = ask(
            &tab,
            "[document.title ? '' : 'no title',
              ...Array.from(document.querySelectorAll('link[rel=stylesheet]'), l => l.sheet ? '' : 'not loaded: ' + l.href),
              document.styleSheets.length ? '' : 'no style sheet'].filter(Boolean).join('\\n')",
        )?;
        if found.is_empty() {
            Ok(())
        } else {
            Err(found.into())
        }
    }
}
