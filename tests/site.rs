//! The rendered site in a real browser: every page, light and dark, wide and narrow.
//!
//! Without Chromium or Chrome the trials are passed over, and a line says so. `COURSE_SHOTS` names a folder for
//! pictures of every page.

#[allow(dead_code, reason = "the kernel's tests use the rest")]
mod guard;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use guard::Guard;
use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Log, Network, Page, Runtime};
use headless_chrome::{Browser, LaunchOptions, Tab};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

const CHROMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const CHROME_ARGS: [&str; 6] = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
const WIDE: u32 = 1300;
const NARROW: u32 = 400;
const PATIENCE: Duration = Duration::from_secs(30);
/// Sphinx makes these; they hold no text of ours. The search page has a trial of its own.
const NOT_OURS: [&str; 2] = ["genindex.html", "search.html"];
/// Defines `judge(width)` and `grounds()`; see the file.
const JUDGE: &str = include_str!("site.js");

type Outcome = Result<(), Failed>;

struct Site {
    folder: PathBuf,
    address: String,
    browser: Browser,
    _server: Guard,
}

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let wanted = args.include_ignored || args.ignored;
    let trials = match (wanted, std::env::var_os("COURSE_SITE")) {
        (false, _) => vec![failing("site", String::new()).with_ignored_flag(true)],
        (true, None) => {
            vec![failing(
                "site",
                "COURSE_SITE is not set: run this by `make test`".to_owned(),
            )]
        }
        (true, Some(folder)) => match chrome() {
            None => {
                eprintln!("The trials of the site are passed over: found none of {CHROMES:?}.");
                vec![Trial::ignorable_test("site", || {
                    Ok(Completion::ignored_with("no Chromium"))
                })]
            }
            Some(_) if args.list => Vec::new(),
            Some(chrome) => Site::open(PathBuf::from(folder), chrome)
                .map_or_else(|e| vec![failing("site", e)], |site| site.trials()),
        },
    };
    libtest_mimic::run(&args, trials).exit_code()
}

fn failing(name: &str, why: String) -> Trial {
    Trial::test(name, || Err(why.into()))
}

fn chrome() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    CHROMES
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

impl Site {
    fn open(folder: PathBuf, chrome: PathBuf) -> Result<Self, String> {
        let (server, address) = serve(&folder)?;
        // Whatever the browser keeps, it keeps out of the user's home.
        let home = env!("CARGO_TARGET_TMPDIR");
        let envs = ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"]
            .map(|variable| (variable.to_owned(), home.to_owned()))
            .into();
        let options = LaunchOptions {
            path: Some(chrome),
            sandbox: false,
            window_size: Some((WIDE, 900)),
            idle_browser_timeout: Duration::from_secs(300),
            args: CHROME_ARGS.iter().map(AsRef::as_ref).collect(),
            process_envs: Some(envs),
            ..LaunchOptions::default()
        };
        let browser =
            Browser::new(options).map_err(|e| format!("cannot start the browser: {e}"))?;
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
        let found = self.watch(&tab)?;
        resize(&tab, WIDE, 900)?;
        visit(&tab, &format!("{}/{page}", self.address))?;
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

    /// Collects errors on the console, and requests to any other host.
    fn watch(&self, tab: &Tab) -> Result<Arc<Mutex<Vec<String>>>, Failed> {
        let found = Arc::new(Mutex::new(Vec::new()));
        tab.enable_log()?.enable_runtime()?;
        tab.call_method(Network::Enable {
            max_total_buffer_size: None,
            max_resource_buffer_size: None,
            max_post_data_size: None,
            report_direct_socket_traffic: None,
            enable_durable_messages: None,
        })?;
        let (to, ours) = (Arc::clone(&found), format!("{}/", self.address));
        tab.add_event_listener(Arc::new(move |event: &Event| match event {
            Event::LogEntryAdded(e)
                if matches!(e.params.entry.level, Log::LogEntryLevel::Error) =>
            {
                let entry = &e.params.entry;
                add(
                    &to,
                    [format!(
                        "console: {} {}",
                        entry.text,
                        entry.url.as_deref().unwrap_or("")
                    )],
                );
            }
            Event::RuntimeConsoleAPICalled(e)
                if matches!(
                    e.params.Type,
                    Runtime::ConsoleAPICalledEventTypeOption::Error
                ) =>
            {
                let words = e.params.args.iter().filter_map(|arg| arg.value.as_ref());
                let words: Vec<String> = words.map(ToString::to_string).collect();
                add(&to, [format!("console: {}", words.join(" "))]);
            }
            Event::RuntimeExceptionThrown(e) => {
                let details = &e.params.exception_details;
                let what = details
                    .exception
                    .as_ref()
                    .and_then(|e| e.description.as_deref());
                add(
                    &to,
                    [format!("exception: {}", what.unwrap_or(&details.text))],
                );
            }
            Event::NetworkRequestWillBeSent(e) => {
                let url = &e.params.request.url;
                if !["data:", "blob:", &ours]
                    .iter()
                    .any(|start| url.starts_with(start))
                {
                    add(&to, [format!("asks another host: {url}")]);
                }
            }
            _ => {}
        }))?;
        Ok(found)
    }
}

/// A server of the folder on a free port of this machine, and its address.
fn serve(folder: &Path) -> Result<(Guard, String), String> {
    let python = std::env::var_os("COURSE_PYTHON")
        .ok_or("COURSE_PYTHON is not set: run this by `make test`")?;
    let mut server = Guard::spawn(
        Command::new(python)
            .args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    );
    let stdout = server.0.stdout.take().ok_or("the server has no stdout")?;
    let (sender, line) = mpsc::channel();
    thread::spawn(move || sender.send(BufReader::new(stdout).lines().next()));
    // "Serving HTTP on 127.0.0.1 port 40123 (http://127.0.0.1:40123/) ..."
    let line = line
        .recv_timeout(PATIENCE)
        .ok()
        .flatten()
        .and_then(Result::ok)
        .unwrap_or_default();
    let port = line
        .split(" port ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let port = port.ok_or(format!("the server did not name its port: {line:?}"))?;
    Ok((server, format!("http://127.0.0.1:{port}")))
}

fn visit(tab: &Tab, url: &str) -> Outcome {
    tab.set_default_timeout(PATIENCE);
    tab.navigate_to(url)?.wait_until_navigated()?;
    tab.evaluate(JUDGE, false)?;
    Ok(())
}

/// The text that a script gives.
fn ask(tab: &Tab, script: &str) -> Result<String, Failed> {
    let value = tab.evaluate(script, true)?.value.unwrap_or_default();
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn resize(tab: &Tab, width: u32, height: u32) -> Outcome {
    tab.call_method(Emulation::SetDeviceMetricsOverride {
        width,
        height,
        device_scale_factor: 1.0,
        mobile: false,
        scale: None,
        screen_width: None,
        screen_height: None,
        position_x: None,
        position_y: None,
        dont_set_visible_size: None,
        screen_orientation: None,
        viewport: None,
        display_feature: None,
        device_posture: None,
    })?;
    Ok(())
}

/// A picture of the whole page: the window is made as high as the page, up to what the browser can draw.
fn shoot(tab: &Tab, width: u32, file: &Path) -> Outcome {
    let height = ask(tab, "String(document.documentElement.scrollHeight)")?;
    resize(tab, width, height.parse().unwrap_or(900).min(16_000))?;
    let png = Page::CaptureScreenshotFormatOption::Png;
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    fs::write(file, tab.capture_screenshot(png, None, None, true)?)?;
    Ok(())
}

fn add(found: &Mutex<Vec<String>>, lines: impl IntoIterator<Item = String>) {
    if let Ok(mut found) = found.lock() {
        found.extend(lines);
    }
}

fn report(found: &Mutex<Vec<String>>) -> Outcome {
    let mut found = found.lock().map(|found| found.clone()).unwrap_or_default();
    found.dedup();
    if found.is_empty() {
        Ok(())
    } else {
        Err(found.join("\n").into())
    }
}
