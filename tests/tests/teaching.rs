//! What a class gets, in a real browser: each chapter as slides and on paper, and the page that `make lab` opens.

mod common;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::browser::{Outcome, add, ask, launch, report, resize, until, visit, watch};
use common::from_make;
use common::guard::Guard;
use course_tests::{Cell, Notebook, notebooks, root};
use headless_chrome::protocol::cdp::Emulation;
use headless_chrome::types::PrintToPdfOptions;
use headless_chrome::{Browser, Tab};
use libtest_mimic::{Arguments, Failed, Trial};

const PROJECTOR: (u32, u32) = (1280, 720);
/// What A4 leaves between the margins of `course.css`, in CSS pixels.
const PAPER: (u32, u32) = (680, 1000);
const HEAVIEST_DECK: u64 = 1_500_000;
/// Defines `judgeDeck()` and `judgePaper()`; see the file.
const JUDGE: &str = include_str!("teaching.js");

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut trials = common::browser::trials(&args, "slides", "COURSE_SLIDES", |folder, chrome| {
        each(&folder, launch(chrome, PROJECTOR)?, "slides", deck)
    });
    for (name, language) in [("paper", ""), ("paper in Chinese", "zh")] {
        let papers = |folder: PathBuf, chrome| {
            each(&folder.join(language), launch(chrome, PAPER)?, name, paper)
        };
        trials.extend(common::browser::trials(&args, name, "COURSE_SITE", papers));
    }
    trials.extend(common::browser::trials(
        &args,
        "lab",
        "COURSE_SITE",
        |_, chrome| {
            let [again, once_more] = [chrome.clone(), chrome.clone()];
            Ok(vec![
                Trial::test("make lab", move || lab(&launch(chrome, PROJECTOR)?)),
                Trial::test("opened and not run", move || {
                    opened(&launch(again, PROJECTOR)?)
                }),
                Trial::test("run all", move || run_all(&launch(once_more, PROJECTOR)?)),
            ])
        },
    ));
    libtest_mimic::run(&args, trials).exit_code()
}

/// A trial for each chapter, with the file that the folder must hold for it.
fn each(
    folder: &Path,
    browser: Browser,
    what: &str,
    run: fn(&Tab, &Notebook, &Path) -> Outcome,
) -> Result<Vec<Trial>, String> {
    let browser = Arc::new(browser);
    let chapters = notebooks(&root().join("notebooks")).map_err(|e| e.to_string())?;
    let trials = chapters.iter().map(|path| {
        let chapter = Notebook::read(path)?;
        let file = folder.join(&chapter.name).with_extension("html");
        let browser = Arc::clone(&browser);
        Ok(Trial::test(format!("{what} {}", chapter.name), move || {
            let tab = browser.new_tab()?;
            let outcome = run(&tab, &chapter, &file);
            let _ = tab.close(false);
            outcome
        }))
    });
    trials.collect()
}

fn deck(tab: &Tab, chapter: &Notebook, file: &Path) -> Outcome {
    let found = watch(
        tab,
        &format!("file://{}/", file.parent().unwrap_or(file).display()),
    )?;
    if fs::metadata(file)?.len() > HEAVIEST_DECK {
        add(&found, [format!("heavier than {HEAVIEST_DECK} bytes")]);
    }
    resize(tab, PROJECTOR.0, PROJECTOR.1)?;
    visit(tab, &format!("file://{}", file.display()))?;
    tab.evaluate(JUDGE, false)?;
    until(tab, "Reveal.isReady()", Duration::from_secs(10))?;
    let at = "JSON.stringify([Reveal.getIndices().h, Reveal.getHorizontalSlides().length])";
    let first: (usize, usize) = serde_json::from_str(&ask(tab, at)?)?;
    tab.press_key("ArrowRight")?;
    let next: (usize, usize) = serde_json::from_str(&ask(tab, at)?)?;
    let headings = headings(chapter);
    if (first.0, next.0) != (0, 1) || first.1 < headings {
        add(
            &found,
            [format!(
                "from slide {} to {} of {}, with {headings} headings",
                first.0, next.0, first.1
            )],
        );
    }
    add(&found, ask(tab, "judgeDeck()")?.lines().map(str::to_owned));
    report(&found)
}

/// How many sections the chapter has, its title among them.
fn headings(chapter: &Notebook) -> usize {
    let headings = chapter.texts().flat_map(Cell::headings);
    headings.filter(|heading| heading.level <= 2).count()
}

/// A reader in the dark prints the page.
fn paper(tab: &Tab, _: &Notebook, file: &Path) -> Outcome {
    resize(tab, PAPER.0, PAPER.1)?;
    visit(tab, &format!("file://{}", file.display()))?;
    tab.evaluate(JUDGE, false)?;
    let state = "document.documentElement.dataset.theme + document.querySelectorAll('details[open]').length";
    ask(tab, "document.documentElement.dataset.theme = 'dark'")?;
    let before = ask(tab, state)?;
    let media = |media: &str| {
        let media = Some(media.to_owned());
        tab.call_method(Emulation::SetEmulatedMedia {
            media,
            features: None,
        })
    };
    media("print")?;
    ask(tab, "dispatchEvent(new Event('beforeprint')); ''")?;
    let found = ask(tab, "judgePaper()")?;
    ask(tab, "dispatchEvent(new Event('afterprint')); ''")?;
    media("")?;
    let after = ask(tab, state)?;
    let pdf = tab.print_to_pdf(Some(PrintToPdfOptions {
        prefer_css_page_size: Some(true),
        print_background: Some(true),
        ..PrintToPdfOptions::default()
    }))?;
    let page = b"/Type /Page\n";
    let pages = pdf
        .windows(page.len())
        .filter(|bytes| bytes == page)
        .count();
    match (found.is_empty(), before == after, pages) {
        (true, true, 2..) => Ok(()),
        _ => Err(format!("{found}\n{pages} pages; the state was {before}, then {after}").into()),
    }
}

/// A JupyterLab on a folder, with a home of its own, and its port.
fn jupyterlab(folder: &Path, home: &str, options: &[&str]) -> Result<(Guard, u16), Failed> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(home);
    let _ = fs::remove_dir_all(&home);
    let python = from_make("COURSE_PYTHON")?;
    let mut server = Command::new(python);
    server
        .args(["-m", "jupyterlab", "--no-browser", "--allow-root"])
        .arg("--IdentityProvider.token=")
        .args(options)
        .arg(format!("--port={port}"))
        .envs(["CONFIG", "DATA", "RUNTIME"].map(|kind| (format!("JUPYTER_{kind}_DIR"), &home)))
        .env_remove("JUPYTER_CONFIG_PATH")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(fs::File::create(home.with_extension("log"))?);
    let server = Guard::spawn(&mut server);
    answers(port)?;
    Ok((server, port))
}

/// Run All, which the start page advises, shows no answer before the reader has given one.
fn run_all(browser: &Browser) -> Outcome {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("run-all");
    fs::create_dir_all(&folder)?;
    let name = "01-theory.ipynb";
    let chapter = root().join("notebooks").join(name);
    // As a reader gets it who has cleared the outputs.
    let mut notebook = Notebook::read(&chapter)?;
    let here = root().join("support").display().to_string();
    for cell in notebook.cells.iter_mut().filter(|cell| cell.is_code()) {
        cell.outputs = Some(Vec::new());
        cell.execution_count = Some(None);
        cell.source.change(|line| line.replace("../support", &here));
    }
    notebook.write(&folder.join(name))?;
    let (_server, port) = jupyterlab(
        &folder,
        "trusting",
        &["--LabApp.expose_app_in_browser=True"],
    )?;
    let tab = browser.new_tab()?;
    visit(&tab, &format!("http://127.0.0.1:{port}/doc/tree/{name}"))?;
    tab.evaluate(RUN_ALL, false)?;
    until(&tab, "start() === 'started'", Duration::from_secs(120)).map_err(|late| {
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("trusting.log");
        let log = fs::read_to_string(log).unwrap_or_default();
        let seen = ask(&tab, "state()").unwrap_or_default();
        format!("{}\n{seen}\n{log}", late.message().unwrap_or_default())
    })?;
    until(&tab, "left() === 0", Duration::from_secs(400))?;
    // Three questions and three solutions wait.
    match ask(&tab, "answers()")?.as_str() {
        "0 of 6" => Ok(()),
        shown => Err(format!("of what waits for an answer, {shown} are shown").into()),
    }
}

/// Runs all cells once the kernel is there; says how many have not run, and how many answers are shown.
const RUN_ALL: &str = r#"
    const panel = () => window.jupyterapp?.shell.currentWidget;
    const code = () => [...panel().content.model.cells].filter(cell => cell.type === "code");
    window.state = () => {
        const kernel = panel()?.sessionContext?.session?.kernel;
        return [location.href, panel()?.id, kernel?.status, kernel?.connectionStatus, document.body.innerText].join("\n");
    };
    window.start = () => {
        if (panel()?.sessionContext?.session?.kernel?.status !== "idle") return "waits";
        window.jupyterapp.commands.execute("notebook:run-all-cells");
        return "started";
    };
    const busy = () => panel().sessionContext.session.kernel.status !== "idle";
    window.left = () => code().filter(cell => !cell.executionCount).length + busy();
    window.answers = () => {
        const boxes = code().map(cell => JSON.stringify(cell.outputs.toJSON())).filter(text => text.includes("data-exercise"));
        return `${boxes.filter(text => !text.includes("exercise-unanswered")).length} of ${boxes.length}`;
    };
"#;

/// Whoever opens a chapter after a clone, in a JupyterLab that does not trust it, sees its charts, each with its alternative text.
fn opened(browser: &Browser) -> Outcome {
    // Without a kernel: nothing is to be run.
    let without = [
        "--KernelSpecManager.ensure_native_kernel=False",
        "--KernelSpecManager.allowed_kernelspecs={'none'}",
    ];
    let (_server, port) = jupyterlab(&root().join("notebooks"), "untrusted", &without)?;
    let mut missing = Vec::new();
    for path in notebooks(&root().join("notebooks"))? {
        let chapter = Notebook::read(&path)?;
        let unfolded = chapter.code().filter(|cell| !cell.tagged("hide-cell"));
        let outputs = unfolded.flat_map(|cell| cell.outputs());
        let charts = outputs
            .filter(|output| output.shown("image/svg+xml").is_some())
            .count();
        let tab = browser.new_tab()?;
        visit(
            &tab,
            &format!("http://127.0.0.1:{port}/doc/tree/{}.ipynb", chapter.name),
        )?;
        tab.evaluate(LOOK, false)?;
        let all = until(
            &tab,
            &format!("look() >= {charts}"),
            Duration::from_secs(90),
        );
        let seen = ask(&tab, "String(look())")?;
        let _ = tab.close(false);
        if charts == 0 || all.is_err() || seen != charts.to_string() {
            missing.push(format!(
                "{}: {seen} of {charts} charts are seen",
                chapter.name
            ));
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing.join("\n").into())
    }
}

/// Says how many charts have been drawn so far, and scrolls on: JupyterLab draws what is in view.
const LOOK: &str = r#"
    const seen = new Set();
    window.look = () => {
        for (const image of document.querySelectorAll(".jp-OutputArea-output img[src^='data:image/svg+xml']"))
            if (image.complete && image.naturalWidth > 0 && image.alt.trim()) seen.add(image.alt);
        const pane = document.querySelector(".jp-WindowedPanel-outer");
        const end = pane && pane.scrollTop + pane.clientHeight > pane.scrollHeight - 2;
        if (pane) pane.scrollTop = end ? 0 : pane.scrollTop + pane.clientHeight / 2;
        return seen.size;
    };
"#;

/// Waits until somebody listens there.
fn answers(port: u16) -> Outcome {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > Duration::from_secs(30) {
            return Err("JupyterLab serves nothing after 30 s".into());
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// The page that JupyterLab opens leads to every chapter, and a link opens the notebook.
fn lab(browser: &Browser) -> Outcome {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lab");
    let _server = Guard::spawn(
        Command::new("make")
            .args(["-s", "lab"])
            .arg(format!(
                "LAB=--no-browser --port={port} --IdentityProvider.token="
            ))
            .args(
                ["CONFIG", "DATA", "RUNTIME"]
                    .map(|kind| format!("JUPYTER_{kind}_DIR={}", home.display())),
            )
            .current_dir(root())
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    );
    answers(port)?;
    let tab = browser.new_tab()?;
    visit(&tab, &format!("http://127.0.0.1:{port}/"))?;
    for chapter in notebooks(&root().join("notebooks"))? {
        let name = chapter.file_name().unwrap_or_default().to_string_lossy();
        let link = format!(".jp-RenderedMarkdown a[href*='{name}']");
        until(
            &tab,
            &format!("document.querySelector(\"{link}\")?.checkVisibility() === true"),
            Duration::from_secs(60),
        )?;
    }
    ask(
        &tab,
        "document.querySelector('.jp-RenderedMarkdown a[href*=\"01-theory\"]').click(); ''",
    )?;
    until(
        &tab,
        "document.querySelector('.jp-NotebookPanel') !== null",
        Duration::from_secs(30),
    )
}
