use super::*;

fn levels(markdown: &str) -> Vec<(usize, String)> {
    let headings = headings(markdown).into_iter();
    headings
        .map(|heading| (heading.level, heading.text))
        .collect()
}

fn marks(markdown: &str) -> Vec<(&str, &str, bool)> {
    let lines = lines(markdown).into_iter();
    lines
        .map(|line| (line.marks, line.text, line.whole))
        .collect()
}

#[test]
fn headings_are_those_that_a_reader_sees() {
    let markdown = "# 1 · `apply` 阻塞 #\n#no heading\ntext\n\n```\n# in code\n```\n~~~~\n```\n## in code\n~~~~\n    # in code\n\n\
                    Under\na line\n---\n> ### quoted\n\n- #### *in* a list\n\n####### seven";
    let want = [
        (1, "1 · apply 阻塞"),
        (2, "Under a line"),
        (3, "quoted"),
        (4, "in a list"),
    ];
    let want = want.map(|(level, text)| (level, text.to_owned()));
    assert_eq!(levels(markdown), want);
}

#[test]
fn links_are_those_that_a_reader_can_follow() {
    let markdown = "[a](x.md#A), `[b](x.md#B)`, [*c*](x.md#C,-d \"title\"), ![e](e.png), <https://f>, [g][r] and [h].\n\n\
                    ```\n[i](x.md#I)\n```\n\n[r]: x.md#R\n";
    assert_eq!(
        links(markdown),
        ["x.md#A", "x.md#C,-d", "https://f", "x.md#R"]
    );
    let led = with_links(markdown, |to| {
        Some(to.strip_prefix("x.md#")?.to_lowercase())
    });
    let want = "[a](a), `[b](x.md#B)`, [*c*](c,-d \"title\"), ![e](e.png), <https://f>, [g][r] and [h].\n\n\
                ```\n[i](x.md#I)\n```\n\n[r]: r\n";
    assert_eq!(led, want);
}

#[test]
fn blocks_stand_for_themselves() {
    let markdown = "one\ntwo\n## B `b`\n~~~\n## no heading\n\n# nor this\n~~~\n1. a\n\n   more of a\n\n2. b\n\n> quoted\n\n    code\n\n\
                    <p>\nhtml\n</p>\n\n| a |\n|---|\n| b |\n\n***\n";
    let blocks = blocks(markdown);
    let found: Vec<&str> = blocks.iter().map(|block| block.source.trim_end()).collect();
    let want = [
        "one\ntwo",
        "## B `b`",
        "~~~\n## no heading\n\n# nor this\n~~~",
        "1. a\n\n   more of a\n\n2. b",
        "> quoted",
        "    code",
        "<p>\nhtml\n</p>",
        "| a |\n|---|\n| b |",
        "***",
    ];
    assert_eq!(found, want);
    let lines = blocks.iter().filter(|block| block.kind == Kind::Lines);
    let lines: Vec<&str> = lines.map(|block| block.source.trim_end()).collect();
    assert_eq!(lines, [want[2], want[3], want[5], want[7]]);
    let heading = Heading {
        level: 2,
        text: "B b".to_owned(),
    };
    assert_eq!(blocks[1].kind, Kind::Heading(heading));
}

#[test]
fn a_block_keeps_where_its_links_lead() {
    let blocks = blocks("# A\n\nsee [b]\n\nand [c]\n\n[b]: b.md\n[c]: c.md\n");
    let sources: Vec<&str> = blocks.iter().map(|block| block.source.as_str()).collect();
    assert_eq!(sources[0], "# A\n");
    for source in &sources[1..] {
        assert_eq!(links(source).len(), 1, "{source}");
    }
}

#[test]
fn lines_know_the_marks_before_them() {
    let markdown = "one\n- `two`\n  more\n  1. *three*\n\n> - four\n> five\n\n- | a |\n  |---|\n    ```\n    - five\n    ```\n\n\
                    - no mark ` -\n# six";
    let want = [
        ("", "one", false),
        ("- ", "`two`", false),
        ("  ", "more", false),
        ("  1. ", "*three*", false),
        ("", "", false),
        ("> - ", "four", false),
        ("> ", "five", false),
        ("", "", false),
    ];
    assert_eq!(marks(markdown)[..8], want);
    let whole = |line: &&(&str, &str, bool)| line.2;
    assert_eq!(marks(markdown).iter().filter(whole).count(), 5);
    assert_eq!(
        marks(markdown)[14..],
        [("- ", "no mark ` -", false), ("", "# six", false)]
    );
    assert_eq!(marks(""), []);
}
