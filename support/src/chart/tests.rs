mod drawing;
mod values;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use drawing::Drawing;

/// What must be true of every chart.
fn assert_sound(chart: &Chart) {
    let svg = chart.svg();
    assert!(svg.len() <= 60_000, "{} bytes", svg.len());
    for attribute in svg.split('"').skip(1).step_by(2) {
        assert!(
            !attribute.contains("NaN") && !attribute.contains("inf"),
            "{attribute}"
        );
    }
    for (i, (area, text)) in chart.areas.iter().enumerate() {
        let inside = area.left >= 0.0
            && area.top >= 0.0
            && area.right <= canvas::WIDTH
            && area.bottom <= chart.height;
        assert!(
            inside,
            "{text:?} leaves the chart: {area:?} of {}\n{chart}",
            chart.height
        );
        for (other, other_text) in &chart.areas[..i] {
            assert!(
                !area.overlaps(other),
                "{text:?} {area:?} meets {other_text:?} {other:?}\n{chart}"
            );
        }
    }
    let outside = Drawing::of(chart).outside();
    assert!(outside.is_empty(), "{}\n{chart}", outside.join("\n"));
    assert!(chart.text().starts_with(chart.title()));
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[a-zA-Z ,:<&]{0,120}",
        "[进程线与锁队列，。]{1,60}",
        ".{0,40}"
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        -1e17..1e17,
        -100.0..100.0,
        Just(0.0),
        (-16.0..17.0).prop_map(|e: f64| 10f64.powf(e)),
        (0i32..2000).prop_map(f64::from),
    ]
}

fn positive() -> impl Strategy<Value = f64> {
    (-15.0..17.0).prop_map(|e: f64| 10f64.powf(e))
}

fn range() -> impl Strategy<Value = (f64, f64, f64)> {
    [number(), number(), number()].prop_map(|mut v| {
        v.sort_by(f64::total_cmp);
        (v[0], v[1], v[2])
    })
}

fn axis() -> impl Strategy<Value = Axis> {
    (0..6, name()).prop_map(|(kind, label)| match kind {
        0 => Axis::time(label),
        1 => Axis::bytes(label),
        2 => Axis::count(label),
        3 => Axis::percent(label),
        4 => Axis::rate(label),
        _ => Axis::new(label.clone(), label.chars().take(12).collect::<String>()),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bars_are_sound(
        title in name(), note in name(), axis in axis(), lying: bool,
        bars in vec((name(), vec((name(), range()), 1..4)), 1..8),
        limit in (name(), number()),
    ) {
        let mut chart = Bars::new(title).note(note).axis(axis).limit(limit.0, limit.1);
        for (name, group) in bars {
            chart = chart.group(name, group);
        }
        if lying {
            chart = chart.horizontal();
        }
        assert_sound(&chart.draw()?);
    }

    #[test]
    fn logarithmic_bars_are_sound(axis in axis(), bars in vec((name(), positive()), 1..20)) {
        let mut chart = Bars::new("log").axis(axis.log());
        for (name, value) in bars {
            chart = chart.bar(name, value);
        }
        assert_sound(&chart.draw()?);
    }

    #[test]
    fn timelines_are_sound(
        title in name(), axis in axis(),
        spans in vec((name(), number(), number(), 0..4, name()), 1..30),
        marks in vec((0..30usize, number(), name()), 0..12),
    ) {
        let mut chart = Timeline::new(title).axis(axis);
        let lanes: Vec<String> = spans.iter().map(|span| span.0.clone()).collect();
        for (lane, a, b, kind, text) in spans {
            chart = chart.label_span(lane, a.min(b), a.max(b), format!("kind {kind}"), text);
        }
        for (lane, at, label) in marks {
            chart = chart.mark(lanes[lane % lanes.len()].clone(), at, label);
        }
        assert_sound(&chart.draw()?);
    }

    #[test]
    fn lines_are_sound(
        title in name(), x in axis(), y in axis(),
        series in vec((name(), vec((number(), range()), 1..40)), 1..9),
    ) {
        let mut chart = Lines::new(title).x(x).y(y);
        for (name, points) in series {
            chart = chart.series(name, points);
        }
        assert_sound(&chart.draw()?);
    }

    #[test]
    fn distributions_are_sound(
        title in name(), axis in axis(), log: bool,
        series in vec((name(), vec(positive(), 1..60)), 1..9),
    ) {
        let mut chart = Distribution::new(title).axis(if log { axis.log() } else { axis });
        for (name, samples) in series {
            chart = chart.samples(name, samples);
        }
        assert_sound(&chart.draw()?);
    }

    #[test]
    fn shares_are_sound(
        title in name(), axis in proptest::option::of(axis()),
        rows in vec((name(), vec((0..8, positive()), 1..8)), 1..12),
    ) {
        let mut chart = Shares::new(title);
        if let Some(axis) = axis {
            chart = chart.axis(axis);
        }
        for (name, parts) in rows {
            chart = chart.row(name, parts.into_iter().map(|(part, v)| (format!("part {part}"), v)));
        }
        assert_sound(&chart.draw()?);
    }

    #[test]
    fn states_are_sound(
        title in name(),
        states in vec(name(), 1..7),
        arrows in vec((0..6usize, 0..6usize, name()), 0..14),
    ) {
        let mut chart = States::new(title);
        for state in &states {
            chart = chart.state(state);
        }
        chart = chart.start(states[0].clone());
        for (from, to, label) in arrows {
            let state = |i: usize| states[i % states.len()].clone();
            chart = chart.arrow(state(from), state(to), label);
        }
        assert_sound(&chart.draw()?);
    }
}

#[test]
fn much_data_stays_small() {
    let mut timeline = Timeline::new("Five thousand spans").axis(Axis::time("time"));
    for i in 0..5000 {
        let start = f64::from(i) * 1e-3;
        timeline = timeline.span(
            format!("thread {}", i % 16),
            start,
            start + 4e-4,
            format!("{}", i % 3),
        );
    }
    let timeline = timeline.draw().unwrap();
    assert_sound(&timeline);
    assert!(timeline.svg().len() > 10_000, "the spans are there");

    let mut lines = Lines::new("Eight series");
    for s in 0..8 {
        let points = (0..200).map(move |i| (f64::from(i), f64::from(i * s)));
        lines = lines.series(
            format!("series {s}"),
            points.map(|(x, y)| (x, (y * 0.9, y, y * 1.1))),
        );
    }
    assert_sound(&lines.draw().unwrap());

    let mut distribution =
        Distribution::new("Ten thousand samples each").axis(Axis::time("t").log());
    for s in 0..8 {
        let samples = (0..10_000).map(move |i| 1e-6 * f64::from(1 + (i * 7919 + s) % 9973));
        distribution = distribution.samples(format!("series {s}"), samples);
    }
    assert_sound(&distribution.draw().unwrap());
}

#[test]
fn a_gap_of_a_pixel_is_kept_and_a_smaller_one_is_not() {
    // The plot is about 600 pixels wide: a hundred gaps of 3 pixels stay, a thousand of 0.3 do not.
    let runs = |spans: u32| {
        let mut chart = Timeline::new("gaps").axis(Axis::new("", ""));
        for i in 0..spans {
            let start = f64::from(i) / f64::from(spans);
            chart = chart.span("a", start, start + 0.5 / f64::from(spans), "k");
        }
        Drawing::of(&chart.draw().unwrap()).wide(18.0).len()
    };
    assert_eq!(runs(100), 100);
    assert_eq!(runs(1000), 1);
}

#[test]
fn a_limit_with_a_long_name_keeps_its_value() {
    let name = "the longest of all the children that were started together ".repeat(3);
    let bars = Bars::new("t").axis(Axis::time("")).bar("a", 1.0);
    let lines = Lines::new("t").y(Axis::time("")).series("", [(1.0, 1.0)]);
    for chart in [
        bars.limit(&name, 0.3).draw(),
        lines.limit(&name, 0.3).draw(),
    ] {
        let drawing = Drawing::of(&chart.unwrap());
        let mut texts = drawing.texts.iter();
        assert!(texts.any(|text| text.text.ends_with("… (300 ms)")));
    }
}

#[test]
fn errors_name_the_culprit() {
    let says = |error: Error, words: &str| {
        assert!(error.to_string().contains(words), "{error}");
    };
    says(
        Bars::new("empty").draw().unwrap_err(),
        "\"empty\" has no data",
    );
    says(
        Bars::new("t").bar("fork", f64::NAN).draw().unwrap_err(),
        "bar \"fork\" has the value NaN",
    );
    let log = Axis::time("t").log();
    says(
        Bars::new("t")
            .axis(log.clone())
            .bar("zero", 0.0)
            .draw()
            .unwrap_err(),
        "above zero",
    );
    says(
        Timeline::new("t")
            .span("lane 1", 2.0, 1.0, "k")
            .draw()
            .unwrap_err(),
        "lane \"lane 1\"",
    );
    says(
        Lines::new("t")
            .series("s", [(f64::INFINITY, 1.0)])
            .draw()
            .unwrap_err(),
        "x of series \"s\"",
    );
    says(
        Lines::new("t")
            .series("s", [(1.0, (2.0, 1.0, 3.0))])
            .draw()
            .unwrap_err(),
        "from 2 to 1",
    );
    says(
        Distribution::new("t")
            .axis(log)
            .samples("s", [-1.0])
            .draw()
            .unwrap_err(),
        "series \"s\"",
    );
    says(
        Shares::new("t").row("r", [("p", -1.0)]).draw().unwrap_err(),
        "part \"p\" of row \"r\"",
    );
    says(
        States::new("t")
            .state("a")
            .arrow("a", "b", "")
            .draw()
            .unwrap_err(),
        "no state \"b\"",
    );
}

/// A noisy machine gives such: a rate of 0 in one run of three, a difference below zero.
#[test]
fn an_interval_that_reaches_zero_runs_off_a_logarithmic_axis() {
    for low in [0.0, -0.7] {
        let chart = Bars::new("t").axis(Axis::new("cost", "").log());
        let chart = chart.bar("a", (low, 10.0, 20.0)).bar("b", 1000.0);
        let chart = chart.draw().unwrap();
        assert!(chart.text().contains(&format!("a: 10 ({low} to 20)")));
        assert!(!chart.svg().contains("NaN"));

        let lines = Lines::new("t").y(Axis::new("cost", "").log());
        let lines = lines.series("s", [(1.0, (low, 1.0, 2.0)), (2.0, (1.0, 1.0, 2.0))]);
        assert!(!lines.draw().unwrap().svg().contains("NaN"));
    }
}

#[test]
fn the_svg_names_itself_and_takes_its_colours_from_the_page() {
    let chart = Bars::new("A <title>")
        .note("why")
        .bar("x", 1.0)
        .draw()
        .unwrap();
    let document = roxmltree::Document::parse(chart.svg()).unwrap();
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let ids = root.attribute("aria-labelledby").unwrap();
    for id in ids.split(' ') {
        assert!(
            document
                .descendants()
                .any(|node| node.attribute("id") == Some(id))
        );
    }
    for attribute in document.descendants().flat_map(|node| node.attributes()) {
        if matches!(attribute.name(), "fill" | "stroke") {
            let value = attribute.value();
            assert!(
                value == "none" || value.starts_with("var(--chart-"),
                "{value}"
            );
        }
    }
    assert_eq!(chart.to_string(), "A <title>\nwhy\nx: 1\n");
}
