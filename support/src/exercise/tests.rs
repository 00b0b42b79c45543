//! Every form of the file, each with answers that are right, wrong, and of another kind.

use super::*;

const SOUND: &str = r#"[[exercise]]
    id = "an-exercise"
    notebook = "01-theory"
    number = 1
    answer = { between = [25, 42] }
    unit = "%"
    right = { en = "A third & no more.", zh = "三分之一。" }
    hint = { en = "Count `<threads>`.", zh = "数数线程。" }
    wrong = [{ answer = 50, en = "That is for two.", zh = "那是两个。" }]
"#;

/// The entry with another answer, and no more than it needs.
fn wanting(answer: &str) -> Result<Exercises, Error> {
    Exercises::parse(&format!(
        "[[exercise]]\nid = \"an-exercise\"\nnotebook = \"01-theory\"\nnumber = 1\nanswer = {answer}\n\
         right = {{ en = \"Yes.\", zh = \"是。\" }}\nhint = {{ en = \"Think.\", zh = \"想。\" }}"
    ))
}

fn outcome(answer: &str, given: impl Into<Answer>) -> Outcome {
    let exercises = wanting(answer).unwrap();
    exercises.all()[0].check(&given.into()).outcome()
}

fn sound(given: impl Into<Answer>) -> Checked {
    let exercises = Exercises::parse(SOUND).unwrap();
    exercises.get("an-exercise").unwrap().check(&given.into())
}

fn error(text: &str) -> String {
    Exercises::parse(text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn each_form_tells_right_from_wrong() {
    use Outcome::{Right, Wrong};
    assert_eq!(outcome("{ is = 8 }", 8), Right);
    assert_eq!(outcome("8", 8.000_000_000_1), Right);
    assert_eq!(outcome("{ is = 8 }", 8.1), Wrong);
    assert_eq!(outcome("{ is = 'SRTF' }", " srtf "), Right);
    assert_eq!(outcome("{ is = 'SRTF' }", "SJF"), Wrong);
    assert_eq!(outcome("{ is = true }", true), Right);
    assert_eq!(outcome("{ is = true }", false), Wrong);
    assert_eq!(outcome("{ is = [1, 2, 3] }", [1, 2, 3]), Right);
    assert_eq!(outcome("{ is = [1, 2, 3] }", vec![3, 2, 1]), Wrong);
    assert_eq!(outcome("{ is = ['a', 'b'] }", ["A", "B"]), Right);
    assert_eq!(outcome("{ is = ['a', 'b'] }", ["a"]), Wrong);
    assert_eq!(outcome("{ any = ['a', 'b'] }", "B"), Right);
    assert_eq!(outcome("{ any = ['a', 'b'] }", "c"), Wrong);
    assert_eq!(outcome("{ any = [[1, 2], [2, 1]] }", [2, 1]), Right);
    assert_eq!(outcome("{ rounded = [3, 0] }", [2.9, 0.04]), Right);
    assert_eq!(outcome("{ rounded = [3, 0] }", (3, 0)), Right);
    assert_eq!(outcome("{ rounded = [3, 0] }", [3.0, 0.6]), Wrong);
    assert_eq!(outcome("{ rounded = 3 }", 3.4), Right);
    assert_eq!(outcome("{ between = [1, 2.5] }", 2.5), Right);
    assert_eq!(outcome("{ between = [1, 2.5] }", 2.6), Wrong);
    assert_eq!(outcome("{ at_least = 2 }", 2), Right);
    assert_eq!(outcome("{ at_least = 2 }", 1.9), Wrong);
    assert_eq!(outcome("{ at_most = 2 }", -1e9), Right);
    assert_eq!(outcome("{ at_most = 2 }", 2.1), Wrong);
}

#[test]
fn no_answer_is_neither_right_nor_wrong() {
    assert_eq!(outcome("true", ()), Outcome::Unanswered);
    assert_eq!(
        sound(()).to_string(),
        "? NOT ANSWERED YET 尚未作答 an-exercise\n\
         Put your answer in place of `()`.\n请把 `()` 换成你的答案。"
    );
}

#[test]
fn the_text_says_everything() {
    assert_eq!(
        sound(100.0 / 3.0).to_string(),
        "✓ RIGHT 正确 an-exercise (33.3333 %)\nA third & no more.\n三分之一。"
    );
    assert_eq!(
        sound(50).to_string(),
        "✗ NOT RIGHT 不正确 an-exercise (50 %)\nThat is for two.\n那是两个。"
    );
    assert_eq!(sound(51).why().en, "Count `<threads>`.");
    // Without the `?` a cell shows it by its fields.
    assert_eq!(format!("{:?}", sound(50)), sound(50).to_string());
}

#[test]
fn the_wrong_kind_is_named() {
    let says = |answer: &str, given: Answer| {
        let exercises = wanting(answer).unwrap();
        let checked = exercises.all()[0].check(&given);
        assert_eq!(checked.outcome(), Outcome::Wrong);
        checked.why().en.clone()
    };
    let number = "A number is wanted, such as `4.2`.";
    assert_eq!(says("8", "eight".into()), number);
    let quoted = "A number is wanted: write `8`, without quotation marks.";
    assert_eq!(says("8", " 8 ".into()), quoted);
    assert_eq!(says("{ between = [1, 2] }", "8".into()), quoted);
    let three = "{ rounded = [3, 0, 0] }";
    assert_eq!(
        says(three, [3, 0].into()),
        "3 values are wanted, and here are 2."
    );
    assert!(says(three, 3.into()).starts_with("A list of numbers"));
    assert_eq!(says("{ at_most = 8 }", [8].into()), number);
    assert_eq!(says("{ between = [1, 2] }", true.into()), number);
    assert!(says("'a'", 1.into()).starts_with("A text is wanted"));
    assert!(says("true", "true".into()).starts_with("`true` or `false`"));
    assert!(says("[1, 2]", ["1", "2"].into()).starts_with("A list of numbers"));
    assert!(says("['a']", "a".into()).starts_with("A list of texts"));
    assert_eq!(says("[1, 2]", Vec::<f64>::new().into()), "Think.");
    assert_eq!(
        sound("third").to_string().lines().next(),
        Some("✗ NOT RIGHT 不正确 an-exercise (\"third\")")
    );
}

#[test]
fn a_number_that_is_not_finite_is_named() {
    for (answer, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let why = sound(answer).why().en.clone();
        assert!(
            why.starts_with(&format!("`{name}` is no finite number")),
            "{why}"
        );
    }
    assert_eq!(outcome("{ at_least = 2 }", f64::INFINITY), Outcome::Wrong);
    assert_eq!(outcome("[1]", [f64::NAN]), Outcome::Wrong);
}

#[test]
fn html_is_escaped_and_in_two_languages() {
    let html = sound(51).html();
    for part in [
        "<div class=\"exercise exercise-wrong\" data-exercise=\"an-exercise\" role=\"group\" \
         aria-label=\"Exercise an-exercise: not right\"",
        "✗ <span lang=\"en\">NOT RIGHT</span> <span lang=\"zh-CN\">不正确</span>",
        "<code>an-exercise</code> <span class=\"exercise-answer\">51 %</span>",
        "<div class=\"exercise-why\" lang=\"en\">Count <code>&lt;threads&gt;</code>.</div>",
        "<div class=\"exercise-why\" lang=\"zh-CN\">数数线程。</div>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    assert!(
        sound("<script>")
            .html()
            .contains("&quot;&lt;script&gt;&quot;")
    );
    assert!(sound(30).html().contains("A third &amp; no more."));
}

#[test]
fn badges_can_be_read() {
    for outcome in [Outcome::Right, Outcome::Wrong, Outcome::Unanswered] {
        assert!(
            crate::display::white_on(outcome.colour()) >= 4.5,
            "{outcome:?}"
        );
    }
}

#[test]
fn an_unsound_entry_is_refused_by_name() {
    for (from, to, says) in [
        ("{ between = [25, 42] }", "{ }", "exactly one of"),
        (
            "{ between = [25, 42] }",
            "{ is = 1, at_least = 2 }",
            "exactly one of",
        ),
        ("{ between = [25, 42] }", "{ about = 1 }", "no form `about`"),
        ("[25, 42]", "[42, 25]", "the lower first"),
        ("[25, 42]", "[25]", "two numbers"),
        ("between = [25, 42]", "at_least = 'a'", "need a number"),
        ("between = [25, 42]", "is = nan", "finite number, a text"),
        ("between = [25, 42]", "is = ' '", "finite number, a text"),
        ("between = [25, 42]", "is = []", "none of them empty"),
        (
            "between = [25, 42]",
            "is = [1, 'a']",
            "list of numbers or of texts",
        ),
        (
            "between = [25, 42]",
            "is = [[1]]",
            "list of numbers or of texts",
        ),
        ("between = [25, 42]", "any = []", "of one kind"),
        ("between = [25, 42]", "any = [1, 'a']", "of one kind"),
        ("between = [25, 42]", "any = 'a'", "of one kind"),
        ("between = [25, 42]", "is = 'a'", "goes with numbers"),
        (
            "answer = 50",
            "answer = 30",
            "`wrong`, number 1: this answer is right",
        ),
        ("answer = 50", "answer = 'half'", "not of the kind"),
        ("That is for two.", " ", "`wrong`, number 1: `en` is empty"),
        ("zh = \"三分之一。\"", "", "zh"),
        ("数数线程。", "", "`hint.zh` is empty"),
        ("\"%\"", "\"\"", "`unit` is empty"),
        ("number = 1", "number = 0", "\"Exercise 1\""),
        ("number = 1", "number = -1", "-1"),
        ("number", "place", "place"),
        ("01-theory", "../theory", "hyphens"),
    ] {
        let text = SOUND.replace(from, to);
        assert_ne!(text, SOUND, "{from} is not there");
        let error = error(&text);
        assert!(
            error.contains("exercise `an-exercise` in data/exercises.toml: ")
                && error.contains(says),
            "{to}: {error}"
        );
    }
    assert!(error(&SOUND.replace("id = ", "name = ")).contains("`number 1`"));
    assert!(
        error(&SOUND.repeat(2))
            .contains("`an-exercise` in data/exercises.toml: this id is used twice")
    );
    let second = SOUND.replace("an-exercise", "another");
    let twice = error(&(SOUND.to_owned() + &second));
    assert!(
        twice
            .contains("`another` in data/exercises.toml: another entry is exercise 1 of 01-theory")
    );
    assert!(error("[[exercises]]").contains("exercises"));
}

#[test]
fn a_misspelt_id_names_its_neighbours() {
    let error = Exercises::parse(SOUND)
        .unwrap()
        .get("an-exercize")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no exercise `an-exercize` in data/exercises.toml; did you mean `an-exercise`?"
    );
    assert!(matches!(check("~~~~", 1), Err(Error::Unknown { near, .. }) if near.is_empty()));
}

#[test]
fn the_exercises_of_the_course_are_sound() {
    let exercises = Exercises::course().unwrap().all();
    let place = |exercise: &Exercise| (exercise.notebook.clone(), exercise.number);
    assert!(
        exercises.is_sorted_by_key(place),
        "in the order of the chapters"
    );
    for Exercise {
        id,
        right,
        hint,
        wrong,
        ..
    } in exercises
    {
        let texts = [(&right.en, &right.zh), (&hint.en, &hint.zh)];
        let texts = texts
            .into_iter()
            .chain(wrong.iter().map(|w| (&w.en, &w.zh)));
        for (en, zh) in texts {
            assert!(
                en.ends_with(['.', '?', '!']) && zh.ends_with(['。', '？', '！']),
                "{id}: whole sentences: {en} {zh}"
            );
            for text in [en, zh] {
                assert!(
                    text.matches('`').count() % 2 == 0,
                    "{id}: a backtick is left open: {text}"
                );
            }
        }
    }
}
