//! Writes `target/gallery.html`: one chart of every kind, to be looked at.

use std::error::Error;
use std::fmt::Write as _;

use support::chart::{Axis, Bars, Chart, DARK, Distribution, Lines, Shares, States, Timeline};

fn main() -> Result<(), Box<dyn Error>> {
    let mut page = String::from(
        "<meta charset=utf-8><style>body{margin:16px;background:#f4f4f4}svg{display:block;margin:0 0 16px}.dark{background:#121212;padding:16px;",
    );
    for (name, colour) in DARK {
        write!(page, "{name}:{colour};")?;
    }
    page.push_str("}</style>");
    let charts = charts()?;
    for chart in &charts {
        page.push_str(chart.svg());
    }
    page.push_str("<div class=dark>");
    for chart in &charts {
        page.push_str(chart.svg());
    }
    page.push_str("</div>");
    std::fs::create_dir_all("target")?;
    std::fs::write("target/gallery.html", page)?;
    Ok(())
}

fn charts() -> Result<Vec<Chart>, support::chart::Error> {
    let noise = |i: u32| f64::from(i.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
    let mut busy = Timeline::new("On one core two threads take turns of about 3 ms")
        .axis(Axis::time("since the start"));
    let mut at = 0.0;
    for i in 0..5000 {
        let end = at + 0.0002 + 0.003 * noise(i) * noise(i + 7);
        busy = busy.span(
            format!("thread {}", i % 4),
            at,
            end,
            if i % 3 == 0 { "system" } else { "user" },
        );
        at = end;
    }
    Ok(vec![
        Bars::new("Started together, three children take 3.0 course seconds: as long as the longest, not the sum of 6.0")
            .note("median of 20 runs, whiskers: quartiles")
            .axis(Axis::time("elapsed"))
            .bar("one by one", (0.601, 0.604, 0.632))
            .bar("together", (0.301, 0.303, 0.329))
            .bar("只启动，不等待", (0.001, 0.002, 0.003))
            .limit("the longest child", 0.3)
            .draw()?,
        Bars::new("A process costs ten times a thread")
            .axis(Axis::time("start to join").log())
            .group("idle machine", [("thread", 30e-6), ("fork", 310e-6), ("spawn", 1.2e-3)])
            .group("loaded machine", [("thread", 70e-6), ("fork", 650e-6), ("spawn", 2.9e-3)])
            .draw()?,
        Bars::new("进程池比每次新建进程快八倍：启动的代价只付一次")
            .note("二十次运行的中位数")
            .axis(Axis::rate("tasks"))
            .bar("a process for every task, started one after the other and joined at once", 1200.0)
            .bar("线程池", (11_000.0, 12_000.0, 12_500.0))
            .bar("rayon::join on a pool of two threads", 9800.0)
            .draw()?,
        Timeline::new("Boiling overlaps washing and cooking: 40 minutes in all, not 100")
            .note("course seconds, one run")
            .axis(Axis::new("time", "s"))
            .label_span("stove", 0.0, 40.0, "waiting", "boiling")
            .label_span("hands", 0.0, 30.0, "working", "washing")
            .label_span("hands", 30.0, 31.0, "working", "a short look at the pot")
            .mark("stove", 40.0, "done")
            .mark("stove", 39.0, "whistle")
            .draw()?,
        busy.draw()?,
        Timeline::new("Every step kept the machine busier than the last")
            .axis(Axis::new("year", ""))
            .label_span("single program 单道程序", 1945.0, 1956.0, "", "one program, loaded by hand")
            .label_span("batch", 1956.0, 1965.0, "", "batch")
            .label_span("multiprogramming", 1962.0, 1975.0, "", "many programs in memory")
            .label_span("time sharing", 1961.0, 1985.0, "", "time sharing: CTSS, Multics, Unix")
            .mark("time sharing", 1961.0, "CTSS")
            .mark("time sharing", 1969.0, "Unix")
            .draw()?,
        Lines::new("Throughput doubles up to the number of cores and no further")
            .note("median of 10 runs, band: quartiles")
            .x(Axis::count("threads").log())
            .y(Axis::rate("requests answered").from_zero())
            .series("threads", [1.0, 2.0, 4.0, 8.0, 16.0].map(|n: f64| {
                let y = 900.0 * n.min(2.0);
                (n, (y * 0.9, y, y * 1.15))
            }))
            .series("coroutines 协程", [1.0, 2.0, 4.0, 8.0, 16.0].map(|n: f64| (n, 400.0 * n.min(7.0))))
            .limit("one core", 900.0)
            .draw()?,
        Distribution::new("Half of the sleeps come back within 60 µs of their time, one in a hundred later than 1 ms")
            .axis(Axis::time("late by").log())
            .samples("idle", (0..5000).map(|i| 5e-5 * (2.0 * noise(i) * noise(i + 3)).exp()))
            .samples("loaded", (0..5000).map(|i| 9e-5 * (4.0 * noise(i) * noise(i + 5)).exp()))
            .draw()?,
        Shares::new("The IO-bound process is blocked nine tenths of its life")
            .row("CPU-bound, alone", [("running", 0.97), ("ready", 0.02), ("blocked", 0.01)])
            .row("CPU-bound, one of two on a core", [("running", 0.48), ("ready", 0.51), ("blocked", 0.01)])
            .row("IO-bound", [("running", 0.05), ("ready", 0.05), ("blocked", 0.90)])
            .draw()?,
        States::new("A process passes ready before it runs")
            .state("ready 就绪").state("running 运行").state("blocked 阻塞")
            .start("ready 就绪")
            .arrow("ready 就绪", "running 运行", "dispatched")
            .arrow("running 运行", "ready 就绪", "slice used up")
            .arrow("running 运行", "blocked 阻塞", "waits for IO")
            .arrow("blocked 阻塞", "ready 就绪", "IO done")
            .draw()?,
        States::new("Six states, with a start and an end")
            .state("new").state("ready").state("running").state("zombie").state("blocked").state("stopped")
            .start("new")
            .arrow("new", "ready", "admitted")
            .arrow("ready", "running", "dispatched")
            .arrow("running", "ready", "preempted")
            .arrow("running", "zombie", "exit")
            .arrow("running", "blocked", "waits for IO")
            .arrow("blocked", "ready", "IO done")
            .arrow("running", "stopped", "SIGSTOP")
            .arrow("stopped", "ready", "SIGCONT")
            .arrow("running", "running", "computes")
            .draw()?,
    ])
}
