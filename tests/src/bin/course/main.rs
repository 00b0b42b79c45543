//! The one program of the course: it checks runs, lays out, exports and reports. `course help` lists what there is.

mod adopt;
mod bench;
mod check;
mod export;
mod fetch;
mod repeat;
mod setup;
mod shapes;
mod slides;
mod test;
mod upkeep;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::{eprintln, println};
use clap::{Parser, Subcommand};
use course_tests::content;

/// Checks, exports and reports for the course. The Makefile calls it.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Say what is wrong with a run of a notebook
    Check {
        /// The notebook as it was run
        executed: PathBuf,
        /// The folder of the verdicts
        verdicts: PathBuf,
    },
    /// Lay out the code cells of notebooks as rustfmt would
    Fmt {
        /// Rewritten where a cell changes
        #[arg(required = true)]
        notebooks: Vec<PathBuf>,
    },
    /// Print the chart of the front page: the first one of the first cell tagged `front-page`
    Front {
        /// Notebooks as they were run
        #[arg(required = true)]
        executed: Vec<PathBuf>,
    },
    /// Bring what was run up to date with the words of the ledger and the exercises, and say what must run again
    Content {
        /// The folder of the notebooks as they were run
        executed: PathBuf,
        /// The folder of the stamps: CHAPTER.needs is newer than the run where the chapter must run again
        stamps: PathBuf,
    },
    /// Bring the catalogues up to date with the text of the course, and list what is missing or fuzzy
    Translations,
    /// Check formatting, clippy (the notebooks' code too) and documentation; warnings are errors
    Lint,
    /// Pin the Python packages anew
    Lock,
    /// Write chapters as plain programs: a cargo workspace
    Code {
        /// The folder of the workspace
        folder: PathBuf,
        /// The chapters
        #[arg(required = true)]
        notebooks: Vec<PathBuf>,
    },
    /// Write a chapter as slides
    Slides {
        /// The notebook as it was run
        executed: PathBuf,
        /// The page to write
        deck: PathBuf,
    },
    /// Put what was run into notebooks/
    Adopt {
        /// The notebooks
        #[arg(required = true)]
        notebooks: Vec<PathBuf>,
    },
    /// Run every primitive beside its floors and CPython, and show the ratios as a table and a page
    Bench {
        /// Name what fell since the run that is committed instead
        #[arg(long)]
        check: bool,
    },
    /// Run every chapter on machines of other shapes: data/shapes.txt
    Shapes,
    /// Run every chapter so many times as a program, and write how often each claim came out how: data/repeat.json
    Repeat {
        /// Ten at least, to be committed
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
    },
    /// Run each cell of each notebook twice in place
    Twice {
        /// The notebooks
        #[arg(required = true)]
        notebooks: Vec<PathBuf>,
    },
    /// Find or build the kernel of this version, and make it known to Jupyter
    Setup {
        /// Of evcxr_jupyter
        version: String,
    },
    /// Run every test
    Test,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().what {
        What::Check { executed, verdicts } => check::run(&executed, &verdicts),
        What::Fmt { notebooks } => check::lay_out(&notebooks),
        What::Front { executed } => check::front(&executed),
        What::Content { executed, stamps } => content(&executed, &stamps),
        What::Setup { version } => setup::run(&version),
        What::Test => test::run(),
        What::Translations => upkeep::translations(),
        What::Lint => upkeep::lint(),
        What::Lock => upkeep::lock(),
        What::Code { folder, notebooks } => export::code(&notebooks, &folder),
        What::Slides { executed, deck } => slides::run(&executed, &deck),
        What::Adopt { notebooks } => adopt::run(&notebooks),
        What::Bench { check: true } => bench::check(),
        What::Bench { check: false } => bench::run(),
        What::Repeat { times } => repeat::run(times),
        What::Shapes => shapes::run(),
        What::Twice { notebooks } => shapes::twice(&notebooks),
    };
    match done {
        Ok(summary) => {
            if !summary.is_empty() {
                println!("{summary}");
            }
            ExitCode::SUCCESS
        }
        Err(findings) => {
            eprintln!("{findings}");
            ExitCode::FAILURE
        }
    }
}

fn content(executed: &Path, stamps: &Path) -> Result<String, String> {
    let reworded = content::refresh(executed, stamps)?;
    let line = |chapter: &&str| format!("{chapter}: new words, not run again");
    Ok(reworded.iter().map(line).collect::<Vec<_>>().join("\n"))
}
