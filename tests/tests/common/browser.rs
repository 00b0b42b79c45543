//! A browser driven from a test: started, led to pages, asked, watched.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use headless_chrome::protocol::cdp::types::Event;
use headless_chrome::protocol::cdp::{Emulation, Log, Network, Page, Runtime};
use headless_chrome::{Browser, LaunchOptions, Tab};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::from_make;
use super::guard::Guard;

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
pub const PATIENCE: Duration = Duration::from_secs(30);

pub type Outcome = Result<(), Failed>;

/// What `open` gives for the folder that the variable names and the browser that is found; one trial in its place
/// where tests with needs are not asked for, the variable is missing, there is no browser, or `open` fails.
pub fn trials(
    args: &Arguments,
    name: &str,
    variable: &str,
    open: impl FnOnce(PathBuf, PathBuf) -> Result<Vec<Trial>, String>,
) -> Vec<Trial> {
    if !(args.include_ignored || args.ignored) {
        return vec![failing(name, String::new()).with_ignored_flag(true)];
    }
    let folder = match from_make(variable) {
        Ok(folder) => folder,
        Err(why) => return vec![failing(name, why)],
    };
    match chrome() {
        None => {
            eprintln!("The trials of the {name} are passed over: found none of {CHROMES:?}.");
            vec![Trial::ignorable_test(name, || {
                Ok(Completion::ignored_with("no Chromium"))
            })]
        }
        Some(_) if args.list => Vec::new(),
        Some(chrome) => {
            open(PathBuf::from(folder), chrome).unwrap_or_else(|e| vec![failing(name, e)])
        }
    }
}

pub fn failing(name: &str, why: String) -> Trial {
    Trial::test(name, || Err(why.into()))
}

fn chrome() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    CHROMES
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

pub fn launch(chrome: PathBuf, window: (u32, u32)) -> Result<Browser, String> {
    // Whatever the browser keeps, it keeps out of the user's home.
    let home = env!("CARGO_TARGET_TMPDIR");
    let envs = ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"]
        .map(|variable| (variable.to_owned(), home.to_owned()))
        .into();
    let options = LaunchOptions {
        path: Some(chrome),
        sandbox: false,
        window_size: Some(window),
        idle_browser_timeout: Duration::from_secs(300),
        args: CHROME_ARGS.iter().map(AsRef::as_ref).collect(),
        process_envs: Some(envs),
        ..LaunchOptions::default()
    };
    Browser::new(options).map_err(|e| format!("cannot start the browser: {e}"))
}

/// Collects errors on the console, and requests to anything whose address does not begin with `ours`.
pub fn watch(tab: &Tab, ours: &str) -> Result<Arc<Mutex<Vec<String>>>, Failed> {
    let found = Arc::new(Mutex::new(Vec::new()));
    tab.enable_log()?.enable_runtime()?;
    tab.call_method(Network::Enable {
        max_total_buffer_size: None,
        max_resource_buffer_size: None,
        max_post_data_size: None,
        report_direct_socket_traffic: None,
        enable_durable_messages: None,
    })?;
    let (to, ours) = (Arc::clone(&found), ours.to_owned());
    tab.add_event_listener(Arc::new(move |event: &Event| match event {
        Event::LogEntryAdded(e) if matches!(e.params.entry.level, Log::LogEntryLevel::Error) => {
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
/// A server of the folder on a free port of this machine, and its address.
pub fn serve(folder: &Path) -> Result<(Guard, String), String> {
    let python = from_make("COURSE_PYTHON")?;
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

pub fn visit(tab: &Tab, url: &str) -> Outcome {
    tab.set_default_timeout(PATIENCE);
    tab.navigate_to(url)?.wait_until_navigated()?;
    Ok(())
}

/// Asks until the script is true. Between two pages there is nobody who could answer.
pub fn until(tab: &Tab, what: &str, patience: Duration) -> Outcome {
    let began = Instant::now();
    while !ask(tab, &format!("String({what})")).is_ok_and(|answer| answer == "true") {
        if began.elapsed() > patience {
            return Err(format!("not within {patience:?}: {what}").into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The text that a script gives.
pub fn ask(tab: &Tab, script: &str) -> Result<String, Failed> {
    let value = tab.evaluate(script, true)?.value.unwrap_or_default();
    Ok(value.as_str().unwrap_or_default().to_owned())
}

pub fn resize(tab: &Tab, width: u32, height: u32) -> Outcome {
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
pub fn shoot(tab: &Tab, width: u32, file: &Path) -> Outcome {
    let height = ask(tab, "String(document.documentElement.scrollHeight)")?;
    resize(tab, width, height.parse().unwrap_or(900).min(16_000))?;
    let png = Page::CaptureScreenshotFormatOption::Png;
    fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    fs::write(file, tab.capture_screenshot(png, None, None, true)?)?;
    Ok(())
}

pub fn add(found: &Mutex<Vec<String>>, lines: impl IntoIterator<Item = String>) {
    if let Ok(mut found) = found.lock() {
        found.extend(lines);
    }
}

pub fn report(found: &Mutex<Vec<String>>) -> Outcome {
    let mut found = found.lock().map(|found| found.clone()).unwrap_or_default();
    found.dedup();
    if found.is_empty() {
        Ok(())
    } else {
        Err(found.join("\n").into())
    }
}
