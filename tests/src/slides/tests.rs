use super::*;

fn laid_out(cells: Value) -> Vec<Cell> {
    let whole = json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells});
    lay_out(&Notebook::parse("03-small", &whole.to_string()).expect("well-formed")).cells
}

fn types(cells: Value) -> Vec<String> {
    let cells = laid_out(cells);
    cells
        .iter()
        .map(|cell| {
            let kind = &cell.metadata["slideshow"]["slide_type"];
            let first = cell.source.lines().next().unwrap_or("(output)");
            format!("{}: {first}", kind.as_str().unwrap_or_default())
        })
        .collect()
}

fn markdown(source: &str) -> Value {
    json!({"cell_type": "markdown", "id": "m", "metadata": {}, "source": source})
}

fn code(lines: usize, tags: &[&str], outputs: Value) -> Value {
    json!({"cell_type": "code", "id": "c", "metadata": {"tags": tags}, "source": "code\n".repeat(lines),
           "execution_count": 1, "outputs": outputs})
}

fn chart(height: usize) -> Value {
    let svg = format!("<svg viewBox=\"0 0 720 {height}\"/>");
    json!({"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": svg}})
}

fn printed() -> Value {
    json!({"output_type": "stream", "name": "stdout", "text": "one\ntwo\n"})
}

#[test]
fn what_was_printed_stays_as_it_was() {
    let cells = laid_out(json!([code(1, &[], json!([printed()]))]));
    let printed_there = serde_json::to_value(&cells[1].outputs).expect("JSON");
    assert_eq!(printed_there, json!([printed()]));
}

#[test]
fn headings_start_slides_also_in_the_middle_of_a_cell() {
    let cells = json!([
        markdown("# A\nabout\n\nmore"),
        markdown("an end\n## B\n```\n## no heading\n\n# nor this\n```\n### C\ntext"),
    ]);
    let want = [
        "slide: # A",
        "-: about",
        "subslide: more",
        "-: an end",
        "slide: ## B",
        "-: ```",
        "subslide: ### C",
        "-: text",
    ];
    assert_eq!(types(cells), want);
}

#[test]
fn a_chart_without_room_has_a_slide_of_its_own() {
    let cells = json!([
        markdown("## A"),
        code(3, &[], json!([chart(200)])),
        code(15, &[], json!([chart(400)]))
    ]);
    let want = [
        "slide: ## A",
        "-: code",
        "-: (output)",
        "subslide: code",
        "subslide: (output)",
    ];
    assert_eq!(types(cells), want);
}

#[test]
fn prints_stay_under_code_that_scrolls() {
    let cells = json!([
        markdown("## A"),
        code(60, &[], json!([printed(), printed()]))
    ]);
    assert_eq!(types(cells), ["slide: ## A", "-: code", "-: (output)"]);
}

#[test]
fn text_goes_with_what_follows_or_closes_its_section() {
    let cells = json!([
        markdown("## A"),
        code(3, &[], json!([printed()])),
        markdown("leads on"),
        code(3, &[], json!([printed()])),
        markdown("closes"),
        markdown("## B"),
    ]);
    let want = [
        "slide: ## A",
        "-: code",
        "-: (output)",
        "subslide: leads on",
        "-: code",
        "-: (output)",
        "-: closes",
        "slide: ## B",
    ];
    assert_eq!(types(cells), want);
}

#[test]
fn tags_and_what_a_cell_says_itself_are_kept_to() {
    let mut skipped = markdown("not this");
    skipped["metadata"] = json!({"slideshow": {"slide_type": "skip"}});
    let mut fragment = markdown("one by one\n\nand so on");
    fragment["metadata"] = json!({"slideshow": {"slide_type": "fragment"}});
    let cells = json!([
        code(3, &["remove-output"], json!([printed()])),
        markdown("## A"),
        skipped,
        fragment,
        code(3, &["hide-cell"], json!([printed()])),
    ]);
    let want = [
        "slide: ## A",
        "fragment: one by one",
        "-: and so on",
        "subslide: code",
        "-: (output)",
    ];
    assert_eq!(types(cells), want);
}

#[test]
fn links_lead_from_the_deck() {
    let source = "A [task](glossary.md#Task), [b](glossary.md#First-come,-first-served), glossary.md#Open, \
                  `[c](glossary.md#Code)`, [1](01-theory.ipynb#a) and `01-theory.ipynb`.";
    let want = "A [task](../html/glossary.html#task), [b](../html/glossary.html#first-come-first-served), glossary.md#Open, \
                `[c](glossary.md#Code)`, [1](01-theory.html#a) and `01-theory.ipynb`.\n";
    let shown = json!({"output_type": "display_data", "metadata": {}, "data": {"text/html": "<a href=\"01-theory.ipynb\">"}});
    let cells = laid_out(json!([markdown(source), code(1, &[], json!([shown]))]));
    assert_eq!(&*cells[0].source, want);
    let shown = cells[2].outputs()[0].shown("text/html");
    assert_eq!(shown, Some("<a href=\"01-theory.html\">"));
}

#[test]
fn a_slide_names_its_section_as_it_reads() {
    let cells = json!([markdown("## `apply` 阻塞\n\ntext\n\n### below")]);
    assert_eq!(laid_out(cells)[2].metadata["section"], "apply 阻塞");
}

#[test]
fn what_markdown_holds_together_stays_together() {
    let cells = json!([markdown(
        "# A\n\n~~~\n# no heading\n\ncode\n~~~\n\n1. one\n\n2. two\n\nB\n---"
    )]);
    assert_eq!(
        types(cells),
        ["slide: # A", "-: ~~~", "subslide: 1. one", "slide: B"]
    );
}
