use super::*;

/// A run with one contest, which has two rivals with these ratios.
fn run(name: &str, floor: f64, peer: f64) -> String {
    let line = |name: &str, rivals: &[(&str, f64)]| {
        let rivals = rivals.iter().map(|&(name, ratio)| Rival {
            name: name.to_owned(),
            kind: Kind::Peer,
            theirs: 1.0.into(),
            ratio: (0.9 * ratio, ratio, 1.1 * ratio).into(),
            bar: Some(2.0),
        });
        let contest = Line::Contest(Contest {
            bench: "bench".to_owned(),
            name: name.to_owned(),
            unit: Unit::Seconds,
            subject: "ours".to_owned(),
            ours: 1e-3.into(),
            rivals: rivals.collect(),
            left_out: vec!["gone: it is not installed".to_owned()],
        });
        serde_json::to_string(&contest).unwrap() + "\n"
    };
    let setting = Line::Setting {
        machine: "cores: 2".to_owned(),
        python: "CPython <3>".to_owned(),
    };
    let setting = serde_json::to_string(&setting).unwrap();
    format!(
        "{setting}\n{}",
        line(name, &[("floor", floor), ("peer", peer)])
    )
}

fn parsed(text: &str) -> Run {
    Run::parse(text).unwrap()
}

#[test]
fn names_exactly_what_fell_by_more_than_a_quarter() {
    let committed = parsed(&(run("kept", 4.0, 100.0) + &run("fell", 4.0, 100.0)));
    let now = parsed(&(run("kept", 3.0, 300.0) + &run("fell", 2.9, 76.0)));
    let change = now.since(&committed);
    assert_eq!(
        change.fell,
        ["fell, ours against floor: 2.90 ×, was 4.00 ×"]
    );
    assert!(change.missing.is_empty());
}

#[test]
fn names_what_is_missing() {
    let committed = parsed(&(run("here", 4.0, 100.0) + &run("not here", 4.0, 100.0)));
    let change = parsed(&run("here", 4.0, 100.0)).since(&committed);
    assert!(change.fell.is_empty());
    assert_eq!(
        change.missing,
        [
            "not here, ours against floor",
            "not here, ours against peer"
        ]
    );
}

#[test]
fn the_last_run_of_a_contest_counts() {
    let run = parsed(&(run("a", 1.0, 1.0) + &run("b", 1.0, 1.0) + &run("a", 7.0, 8.0)));
    let names: Vec<_> = run.contests.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(run.contests[0].rivals[0].ratio.mid, 7.0);
}

#[test]
fn table_and_page_say_all() {
    let run = parsed(&run("lock <and> unlock", 1.5, 30.0));
    let table = run.table();
    assert!(table.contains("1.50 × (1.35 to 1.65)"), "{table}");
    assert!(
        table.contains("2.00 ×: MISSED") && table.contains("2.00 ×: holds"),
        "{table}"
    );
    assert!(table.contains("gone: it is not installed"), "{table}");
    let page = run.page().unwrap();
    for part in [
        "cores: 2",
        "CPython &lt;3&gt;",
        "lock &lt;and&gt; unlock",
        "<svg",
        "prefers-color-scheme: dark",
        "gone: it is not installed",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

/// Whatever stands in a run, it is text on the page, in the values of attributes too.
#[test]
fn nothing_in_a_run_becomes_markup() {
    let hostile = "\"'><script>&amp;";
    let mut run = parsed(&run(hostile, 1.5, 30.0));
    let contest = &mut run.contests[0];
    hostile.clone_into(&mut contest.subject);
    hostile.clone_into(&mut contest.rivals[0].name);
    contest.left_out = vec![hostile.to_owned()];
    (run.machine, run.python) = (hostile.to_owned(), hostile.to_owned());
    let page = run.page().unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("\"'>"), "{page}");
    // The machine, the interpreter, the row of each rival and what was left out; the charts have it too.
    assert!(page.matches("&amp;amp;").count() >= 9, "{page}");
    assert!(
        page.contains("<svg") && page.contains("<tr class=\"missed\">"),
        "{page}"
    );
}

#[test]
fn a_column_is_as_wide_as_it_looks() {
    assert_eq!(padded("a lock", 8), "a lock  ");
    assert_eq!(padded("锁 lock", 8), "锁 lock ");
    assert_eq!(padded("longer than that", 8), "longer than that");
}

#[test]
fn a_line_that_is_none_is_named_by_its_number() {
    let text = run("a", 1.0, 1.0) + "{}\n";
    assert!(Run::parse(&text).unwrap_err().starts_with("line 3: "));
}
