//! Charts of every kind that ask much of the layout: long names, many of them, Chinese, extreme values.

use support::chart::{Axis, Bars, Chart, Distribution, Error, Lines, Shares, States, Timeline};

const LONG: &str = "a process for every task, started one after the other and joined at once, with a name that does not end";
const LONG_ZH: &str =
    "每个任务新建一个进程，逐个启动并立即等待其结束，名字很长，长到一行放不下，要折成好几行";
const TITLE: &str = "Started together, three children take 3.0 course seconds: as long as the longest, not the sum of 6.0, \
                     on this machine and on each that was asked";
const TITLE_ZH: &str = "三个子进程一起启动只需3.0课程秒：等于最长的那个，而不是6.0秒之和，在这台机器上如此，在问过的每台机器上也如此";
const WIDEST: &str = "WWW mmm @@@ %%% 工作 MMM";
const WORDS: [&str; 8] = [
    "thread",
    "process",
    "coroutine",
    "semaphore",
    "线程",
    "进程间通信",
    "协程",
    "信号量",
];
/// From the smallest value that a logarithmic axis takes to the largest that any does.
const DECADES: std::ops::RangeInclusive<i32> = -17..=17;

/// Each chart with its name.
pub fn charts() -> Result<Vec<(String, Chart)>, Error> {
    let mut charts = Vec::new();
    for (kind, drawn) in [
        ("bars", bars()?),
        ("timeline", timelines()?),
        ("lines", lines()?),
        ("distribution", distributions()?),
        ("shares", shares()?),
        ("states", states()?),
    ] {
        charts.extend((drawn.into_iter()).map(|(name, chart)| (format!("{kind}, {name}"), chart)));
    }
    Ok(charts)
}

type Drawn = Result<Vec<(&'static str, Chart)>, Error>;

/// The same numbers each time, between 0 and 1.
fn noise(i: usize) -> f64 {
    let mixed = (i as u32)
        .wrapping_add(1)
        .wrapping_mul(2_654_435_761)
        .rotate_left(13)
        .wrapping_mul(0x9e37_79b1);
    f64::from(mixed >> 8) / f64::from(1 << 24)
}

fn word(i: usize) -> &'static str {
    WORDS[i % WORDS.len()]
}

fn bars() -> Drawn {
    let seconds =
        || Axis::time("elapsed, from the start of the first child to the end of the last");
    let mut many = Bars::new(TITLE).axis(Axis::count("tasks"));
    let mut many_long = Bars::new(TITLE_ZH).note(LONG_ZH).axis(seconds());
    let mut groups = Bars::new(TITLE).note(LONG).axis(seconds());
    let mut decades = Bars::new(TITLE).axis(Axis::new("倍数", "倍"));
    let mut log_decades = Bars::new(TITLE).axis(Axis::rate("context switches").log());
    for i in 0..80 {
        many = many.bar(format!("{} {i}", word(i)), 1e6 * noise(i));
    }
    for i in 0..30 {
        let name = format!("{i} {}", [LONG, LONG_ZH, WIDEST][i % 3]);
        many_long = many_long.bar(name, (0.2 * noise(i), 0.3, 0.3 + noise(i)));
    }
    for i in 0..6 {
        groups = groups.group(
            format!("{} {i}", word(i)),
            (0..5).map(|k| {
                (
                    format!("{} {}", word(k + 3), WIDEST),
                    0.1 + noise(5 * i + k),
                )
            }),
        );
    }
    for e in DECADES {
        decades = decades.bar(format!("1e{e}"), 10f64.powi(e));
        log_decades = log_decades.bar(
            word(e.unsigned_abs() as usize).repeat(2) + &e.to_string(),
            10f64.powi(e),
        );
    }
    for (i, limit) in [LONG, LONG_ZH, WIDEST, "one", "一", "limit", "界限", ""]
        .into_iter()
        .enumerate()
    {
        groups = groups.limit(limit, 0.15 * (i + 1) as f64);
    }
    Ok(vec![
        (
            "few",
            Bars::new("Together")
                .axis(seconds())
                .bar("one by one", (0.601, 0.604, 0.632))
                .bar("together", (0.301, 0.303, 0.329))
                .bar("只启动，不等待", (0.001, 0.002, 0.003))
                .limit("the longest child", 0.3)
                .draw()?,
        ),
        (
            "log groups",
            Bars::new(TITLE_ZH)
                .axis(Axis::time("从启动到等待结束").log())
                .group(
                    "idle machine",
                    [("thread", 30e-6), ("fork", 310e-6), ("spawn", 1.2e-3)],
                )
                .group(
                    "loaded machine",
                    [("thread", 70e-6), ("fork", 650e-6), ("spawn", 2.9e-3)],
                )
                .draw()?,
        ),
        (
            "below zero",
            Bars::new("Gains")
                .axis(Axis::percent("gain"))
                .bar("worse", (-0.9, -0.75, -0.1))
                .bar("as it was", 0.0)
                .bar("better", (0.2, 0.5, 1.2))
                .draw()?,
        ),
        (
            "below zero, lying",
            Bars::new("Gains")
                .axis(Axis::percent("gain"))
                .horizontal()
                .bar("worse", (-0.9, -0.75, -0.1))
                .bar("as it was", 0.0)
                .bar("better", (0.2, 0.5, 1.2))
                .draw()?,
        ),
        (
            "nothing but zero",
            Bars::new("Nothing")
                .axis(Axis::bytes("memory"))
                .bar("a", 0.0)
                .bar("b", 0.0)
                .draw()?,
        ),
        ("many", many.draw()?),
        ("many long", many_long.draw()?),
        ("groups and limits", groups.draw()?),
        ("decades", decades.draw()?),
        ("decades, log", log_decades.draw()?),
    ])
}

fn timelines() -> Drawn {
    let axis = || Axis::time("since the start of the first of all the threads");
    let mut crowded = Timeline::new(TITLE).note(LONG).axis(axis());
    let mut lanes = Timeline::new(TITLE_ZH).axis(axis());
    let mut busy = Timeline::new("On one core two threads take turns of about 3 ms").axis(axis());
    for i in 0..40 {
        let (start, lane) = (0.025 * i as f64, ["stove", LONG, LONG_ZH][i % 3]);
        crowded = crowded
            .label_span(
                lane,
                start,
                start + 0.04 * noise(i),
                word(i),
                format!("{} {}", word(i), word(i + 1)),
            )
            .mark(lane, start + 0.01, ["done", LONG, LONG_ZH, WIDEST][i % 4]);
        let lane = format!("{} {} {i}", word(i), word(i * i));
        lanes = lanes.label_span(
            lane,
            noise(i),
            1.0 + noise(i + 1),
            word(i % 5),
            word(i + 2).repeat(1 + i % 4),
        );
    }
    let mut at = 0.0;
    for i in 0..5000 {
        let end = at + 0.0002 + 0.003 * noise(i) * noise(i + 7);
        busy = busy.span(
            format!("thread {}", i % 4),
            at,
            end,
            ["user", "系统"][usize::from(i % 3 == 0)],
        );
        at = end;
    }
    Ok(vec![
        (
            "few",
            Timeline::new("Boiling overlaps washing")
                .axis(Axis::new("time", "s"))
                .label_span("stove", 0.0, 40.0, "waiting", "boiling")
                .label_span("hands", 0.0, 30.0, "working", "washing")
                .label_span("hands", 30.0, 31.0, "working", "a short look at the pot")
                .mark("stove", 40.0, "done")
                .mark("stove", 39.0, "whistle")
                .draw()?,
        ),
        (
            "history",
            Timeline::new("Every step kept the machine busier than the last")
                .axis(Axis::new("年份", ""))
                .label_span(
                    "single program 单道程序",
                    1945.0,
                    1956.0,
                    "",
                    "one program, loaded by hand",
                )
                .label_span("batch 批处理", 1956.0, 1965.0, "", "批处理")
                .label_span(
                    "multiprogramming 多道",
                    1962.0,
                    1975.0,
                    "",
                    "many programs in memory",
                )
                .label_span(
                    "time sharing 分时",
                    1961.0,
                    1985.0,
                    "",
                    "time sharing: CTSS, Multics, Unix",
                )
                .mark("time sharing 分时", 1961.0, "CTSS")
                .mark("time sharing 分时", 1969.0, "Unix")
                .draw()?,
        ),
        (
            "an instant",
            Timeline::new("One")
                .axis(axis())
                .mark("only", 0.0, "it")
                .draw()?,
        ),
        ("crowded", crowded.draw()?),
        ("many lanes", lanes.draw()?),
        ("five thousand spans", busy.draw()?),
        (
            "extreme",
            Timeline::new("From far away")
                .axis(Axis::new("time", LONG_ZH))
                .label_span("a", -9e17, 9e17, "x", "all")
                .mark("a", 1e-17, "now")
                .draw()?,
        ),
    ])
}

fn lines() -> Drawn {
    let mut many = Lines::new(TITLE)
        .note(LONG_ZH)
        .x(Axis::bytes("size of a message").log())
        .y(Axis::time("延迟").log());
    for i in 0..12 {
        let points = (0..21).map(move |k| {
            let y = 1e-9 * 2f64.powi(k) * (1.0 + i as f64) * (0.5 + noise(i + 20 * k as usize));
            (2f64.powi(k), (0.7 * y, y, 1.4 * y))
        });
        many = many.series(
            format!("{} {}", word(i), [LONG, "", LONG_ZH, WIDEST][i % 4]),
            points,
        );
    }
    let wave = (0..5000).map(|i| (f64::from(i), f64::from(i * i % 997) - 400.0));
    Ok(vec![
        (
            "few",
            Lines::new("Throughput doubles up to the number of cores")
                .x(Axis::count("threads").log())
                .y(Axis::rate("requests answered").from_zero())
                .series(
                    "threads",
                    [1.0, 2.0, 4.0, 8.0, 16.0].map(|n: f64| {
                        let y = 900.0 * n.min(2.0);
                        (n, (y * 0.9, y, y * 1.15))
                    }),
                )
                .series(
                    "coroutines 协程",
                    [1.0, 2.0, 4.0, 8.0, 16.0].map(|n: f64| (n, 400.0 * n.min(7.0))),
                )
                .limit("one core", 900.0)
                .draw()?,
        ),
        ("many", many.limit(LONG, 1e-4).limit(LONG_ZH, 1e-7).draw()?),
        (
            "five thousand points",
            Lines::new("A wave")
                .x(Axis::count("round"))
                .series("", wave)
                .draw()?,
        ),
        (
            "a point",
            Lines::new(TITLE_ZH)
                .y(Axis::new(LONG, LONG))
                .series("one", [(5.0, 5.0)])
                .draw()?,
        ),
        (
            "extreme",
            Lines::new("Far apart")
                .x(Axis::new(LONG_ZH, "単位"))
                .y(Axis::count("things"))
                .series("a", [(-9e17, -9e17), (1e-17, 1e-17), (9e17, 9e17)])
                .draw()?,
        ),
    ])
}

fn distributions() -> Drawn {
    let mut many = Distribution::new(TITLE_ZH)
        .note(LONG)
        .axis(Axis::time(LONG).log());
    for i in 0..8 {
        let samples = (0..3000).map(move |k| 5e-5 * (8.0 * noise(k) * noise(k + 3 + i)).exp());
        many = many.samples([LONG, LONG_ZH, WIDEST, word(i)][i % 4], samples);
    }
    Ok(vec![
        (
            "few",
            Distribution::new("Half of the sleeps come back within 60 µs")
                .axis(Axis::time("late by").log())
                .samples(
                    "idle",
                    (0..500).map(|i| 5e-5 * (2.0 * noise(i) * noise(i + 3)).exp()),
                )
                .samples(
                    "有负载",
                    (0..500).map(|i| 9e-5 * (4.0 * noise(i) * noise(i + 5)).exp()),
                )
                .draw()?,
        ),
        ("many", many.draw()?),
        (
            "one sample",
            Distribution::new("One")
                .axis(Axis::bytes("常驻内存"))
                .samples("", [4096.0])
                .draw()?,
        ),
        (
            "extreme",
            Distribution::new("Far apart")
                .axis(Axis::new("x", WIDEST))
                .samples("a", [-9e17, 0.0, 1e-17, 9e17])
                .draw()?,
        ),
    ])
}

fn shares() -> Drawn {
    let mut many = Shares::new(TITLE).note(LONG_ZH);
    let mut stacked = Shares::new(TITLE_ZH).axis(Axis::bytes(LONG_ZH));
    for row in 0..40 {
        let name = format!("{row} {}", [LONG, LONG_ZH, WIDEST][row % 3]);
        let part = |k: usize| format!("{} {k} {}", word(k), ["", WIDEST, LONG_ZH][k % 3]);
        many = many.row(
            name.clone(),
            (0..16).map(|k| (part(k), noise(row * 16 + k).powi(3))),
        );
        stacked = stacked.row(name, (0..3).map(|k| (part(k), 1e6 * noise(row * 3 + k))));
    }
    Ok(vec![
        (
            "few",
            Shares::new("The IO-bound process is blocked nine tenths of its life")
                .row(
                    "CPU-bound, alone",
                    [("running", 0.97), ("ready", 0.02), ("blocked", 0.01)],
                )
                .row(
                    "CPU-bound, one of two on a core",
                    [("running", 0.48), ("ready", 0.51), ("blocked", 0.01)],
                )
                .row(
                    "IO密集型",
                    [("running", 0.05), ("ready", 0.05), ("blocked", 0.90)],
                )
                .draw()?,
        ),
        ("many", many.draw()?),
        ("stacked", stacked.draw()?),
        (
            "extreme",
            Shares::new("Far apart")
                .row("a", [("all", 9e17), ("none", 1e-17)])
                .row("b", [("none", 0.0)])
                .draw()?,
        ),
    ])
}

fn states() -> Drawn {
    let mut full = States::new(TITLE).note(LONG);
    let mut long = States::new(TITLE_ZH).note(LONG_ZH);
    for i in 0..8 {
        full = full.state(format!("{} {i}", word(i)));
        long = long.state(format!("{i} {}", [LONG, LONG_ZH, WIDEST][i % 3]));
    }
    for i in 0..40 {
        let (from, to) = (i % 8, (i * i + i / 8) % 8);
        full = full.arrow(
            format!("{} {from}", word(from)),
            format!("{} {to}", word(to)),
            word(i + 1),
        );
    }
    for i in 0..8 {
        let name = |i: usize| format!("{i} {}", [LONG, LONG_ZH, WIDEST][i % 3]);
        long = long.arrow(
            name(i),
            name((i + 1) % 8),
            [LONG, LONG_ZH, WIDEST][(i + 1) % 3],
        );
    }
    Ok(vec![
        (
            "three",
            States::new("A process passes ready before it runs")
                .state("ready 就绪")
                .state("running 运行")
                .state("blocked 阻塞")
                .start("ready 就绪")
                .arrow("ready 就绪", "running 运行", "dispatched 调度")
                .arrow("running 运行", "ready 就绪", "slice used up")
                .arrow("running 运行", "blocked 阻塞", "waits for IO")
                .arrow("blocked 阻塞", "ready 就绪", "IO done")
                .draw()?,
        ),
        (
            "six",
            States::new("Six states, with a start and an end")
                .state("new")
                .state("ready")
                .state("running")
                .state("zombie")
                .state("blocked")
                .state("stopped")
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
        ),
        (
            "one",
            States::new("Alone")
                .state("a")
                .start("a")
                .arrow("a", "a", LONG)
                .draw()?,
        ),
        ("every arrow", full.draw()?),
        ("long", long.start(format!("0 {LONG}")).draw()?),
    ])
}
