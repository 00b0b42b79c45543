//! The rendered site in a real browser: every page in both languages, light and dark, wide and narrow.
//!
//! Without Chromium or Chrome the trials are passed over, and a line says so. `COURSE_SHOTS` names a folder for
//! pictures of every page.

mod common;

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use common::browser::{
    Outcome, add, ask, failing, launch, report, resize, serve, shoot, until, visit, watch,
};
use common::from_make;
use common::guard::Guard;
use course_tests::files;
use headless_chrome::{Browser, Tab};
use libtest_mimic::{Arguments, Failed, Trial};

const WIDE: u32 = 1300;
const NARROW: u32 = 400;
/// Sphinx makes these; they hold no text of ours. The search page has a trial of its own.
const NOT_OURS: [&str; 2] = ["genindex.html", "search.html"];
/// Words that the site is searched for, in its languages: of two signs, of more, and in Latin letters.
const WANTED: [(&str, &str); 4] = [
    ("", "parallel"),
    ("zh/", "死锁"),
    ("zh/", "生产者与消费者"),
    ("zh/", "epoll"),
];
/// How long a page may take to do what it was asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest time from the start of a page's loading from the disk to its first contents, in milliseconds.
const FIRST_VIEW: f64 = 1_000.0;
/// Defines what is asked of a page; see the file.
const JUDGE: &str = include_str!("site.js");

struct Site {
    folder: PathBuf,
    address: String,
    browser: Browser,
    /// The text of axe-core, which judges how accessible a page is.
    axe: String,
    _server: Guard,
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let trials = common::browser::trials(&args, "site", "COURSE_SITE", |folder, chrome| {
        Ok(Site::open(folder, chrome)?.trials())
    });
    libtest_mimic::run(&args, trials).exit_code()
}

impl Site {
    fn open(folder: PathBuf, chrome: PathBuf) -> Result<Self, String> {
        let axe = files::read(from_make("COURSE_AXE")?.as_ref())?;
        let (server, address) = serve(&folder)?;
        let browser = launch(chrome, (WIDE, 900))?;
        Ok(Self {
            folder,
            address,
            browser,
            axe,
            _server: server,
        })
    }

    fn trials(self) -> Vec<Trial> {
        let pages = self.pages("");
        if pages.is_empty() {
            let why = format!("{} holds no page", self.folder.display());
            return vec![failing("site", why)];
        }
        let chinese = self.pages("zh/");
        let site = Arc::new(self);
        let trial = |name: String, run: Box<dyn FnOnce(&Site) -> Outcome + Send>| {
            let site = Arc::clone(&site);
            Trial::test(name, move || run(&site))
        };
        let mut trials = vec![
            trial("language switch".to_owned(), Box::new(Site::switch)),
            trial("keyboard".to_owned(), Box::new(Site::keyboard)),
        ];
        for folder in ["", "zh/"] {
            let archive = Box::new(move |site: &Site| site.archive(folder));
            trials.push(trial(format!("archive {folder}"), archive));
        }
        for (folder, word) in WANTED {
            let search = Box::new(move |site: &Site| site.search(folder, word));
            trials.push(trial(format!("search {folder}{word}"), search));
        }
        for page in &pages {
            let (name, page) = (format!("twins {page}"), page.clone());
            let twins = Box::new(move |site: &Site| site.twins(&page));
            trials.push(trial(name, twins));
        }
        for page in pages.into_iter().chain(chinese) {
            let file = page.clone();
            let by_file = Box::new(move |site: &Site| site.by_file(&file));
            trials.push(trial(format!("from the disk {page}"), by_file));
            trials.push(trial(
                format!("page {page}"),
                Box::new(move |site| site.page(&page)),
            ));
        }
        trials
    }

    /// The pages of a folder such as `zh/`, as paths from the site's root.
    fn pages(&self, folder: &str) -> Vec<String> {
        let mut pages: Vec<String> = fs::read_dir(self.folder.join(folder))
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".html") && !NOT_OURS.contains(&name.as_str()))
            .map(|name| format!("{folder}{name}"))
            .collect();
        pages.sort();
        pages
    }

    /// The front page offers the course whole: what a chapter needs around it.
    fn archive(&self, folder: &str) -> Outcome {
        let folder = self.folder.join(folder);
        let page = fs::read_to_string(folder.join("index.html"))?;
        let mut links = page
            .split('"')
            .filter(|part| part.ends_with("/course.tar.gz"));
        let link = links.next().ok_or("no link to the archive")?;
        let listed = Command::new("tar")
            .arg("-tzf")
            .arg(folder.join(link))
            .output()?;
        let listed = String::from_utf8(listed.stdout)?;
        for file in [
            "Makefile",
            "support/Cargo.toml",
            "data/claims.toml",
            "notebooks/01-theory.ipynb",
        ] {
            if !listed
                .lines()
                .any(|line| line.strip_prefix("course/") == Some(file))
            {
                return Err(format!("{file} is not in the archive").into());
            }
        }
        match listed
            .lines()
            .find(|line| line.starts_with("course/target") || line.contains("/.git/"))
        {
            Some(line) => Err(format!("{line} is in the archive").into()),
            None => Ok(()),
        }
    }

    fn visit(&self, page: &str) -> Result<Arc<Tab>, Failed> {
        let tab = self.browser.new_tab()?;
        self.show(&tab, page)?;
        Ok(tab)
    }

    fn show(&self, tab: &Tab, page: &str) -> Outcome {
        resize(tab, WIDE, 900)?;
        visit(tab, &format!("{}/{page}", self.address))?;
        tab.evaluate(JUDGE, false)?;
        Ok(())
    }

    /// One visit finds all that is wrong with a page.
    fn page(&self, page: &str) -> Outcome {
        let tab = self.browser.new_tab()?;
        let found = watch(&tab, &format!("{}/", self.address))?;
        self.show(&tab, page)?;
        for script in ["weight()", "language()"] {
            add(&found, ask(&tab, script)?.lines().map(str::to_owned));
        }
        tab.evaluate(&self.axe, false)?;
        let shots = env::var_os("COURSE_SHOTS").map(PathBuf::from);
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
                    let name = format!("{}-{theme}-{width}.png", page.replace('/', "-"));
                    shoot(&tab, width, &folder.join(name))?;
                }
            }
            resize(&tab, WIDE, 900)?;
            // Colours fade, and the theme takes its time to look for what the keyboard has to reach.
            let mut barriers = String::new();
            for _ in 0..3 {
                tab.evaluate("window.dispatchEvent(new Event('resize'))", false)?;
                thread::sleep(Duration::from_millis(500));
                barriers = ask(&tab, "barriers()")?;
                if barriers.is_empty() {
                    break;
                }
            }
            add(
                &found,
                barriers.lines().map(|line| format!("{theme}: {line}")),
            );
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

    /// A page and its Chinese twin have the same sections, links, code, outputs and charts.
    fn twins(&self, page: &str) -> Outcome {
        let [english, chinese] = [page.to_owned(), format!("zh/{page}")].map(|page| {
            let tab = self.visit(&page)?;
            let parts = ask(&tab, "parts()")?;
            let _ = tab.close(false);
            Ok::<_, Failed>(parts)
        });
        let (english, chinese) = (english?, chinese?);
        let differ = english.lines().zip(chinese.lines()).find(|(a, b)| a != b);
        match differ {
            Some((a, b)) => Err(format!("{page}: `{a}` is `{b}` in Chinese").into()),
            None if english.lines().count() != chinese.lines().count() => {
                Err(format!("{page}: one of the twins has more").into())
            }
            None => Ok(()),
        }
    }

    fn search(&self, folder: &str, word: &str) -> Outcome {
        let tab = self.visit(&format!("{folder}search.html?q={word}"))?;
        let found = "document.querySelector('#search-results li') !== null";
        until(&tab, found, PATIENCE)
    }

    /// The switch leads to the section that is being read, and back.
    fn switch(&self) -> Outcome {
        let tab = self.visit("05-locks.html")?;
        let section = ask(&tab, "toSection(3)")?;
        let at = |page: &str| format!("/{page}#{section}");
        for page in ["zh/05-locks.html", "05-locks.html"] {
            ask(&tab, "document.querySelector('.language-switch').click()")?;
            let there = format!("location.pathname + location.hash === '{}'", at(page));
            until(&tab, &there, PATIENCE)?;
            tab.evaluate(JUDGE, false)?;
            until(&tab, &format!("reading() === '{section}'"), PATIENCE)?;
        }
        Ok(())
    }

    /// The switch is reached by the tabulator, shows that it is, and Enter follows it.
    fn keyboard(&self) -> Outcome {
        let tab = self.visit("05-locks.html")?;
        let mut passed = Vec::new();
        loop {
            tab.press_key("Tab")?;
            let focus = ask(&tab, "focused()")?;
            if focus.starts_with("language-switch") {
                if focus.ends_with("unseen") {
                    return Err("the switch does not show that it has the focus".into());
                }
                break;
            }
            passed.push(focus);
            if passed.len() > 60 {
                return Err(format!("the tabulator does not reach the switch: {passed:?}").into());
            }
        }
        tab.press_key("Enter")?;
        let there = "location.pathname === '/zh/05-locks.html'";
        until(&tab, there, PATIENCE)
    }

    /// A reader may open the page without any server. The theme then logs errors of its own; it must look right, and soon.
    fn by_file(&self, page: &str) -> Outcome {
        let address = format!("file://{}", self.folder.join(page).display());
        let mut first_view = f64::INFINITY;
        // A busy machine may be slow once.
        for _ in 0..3 {
            let tab = self.browser.new_tab()?;
            visit(&tab, &address)?;
            tab.evaluate(JUDGE, false)?;
            let unstyled = ask(&tab, "unstyled()")?;
            if !unstyled.is_empty() {
                return Err(unstyled.into());
            }
            let took = ask(&tab, "firstView()")?;
            first_view = first_view.min(took.parse().unwrap_or(f64::INFINITY));
            let _ = tab.close(false);
            if first_view < FIRST_VIEW {
                return Ok(());
            }
        }
        Err(format!("the first view took {first_view} ms").into())
    }
}
