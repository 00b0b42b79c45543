//! A chart as who looks at it sees it: shapes in pixels, and what the axes say, read from the SVG.

use roxmltree::{Document, Node};

use crate::chart::Chart;
use crate::chart::canvas::WIDTH;

type Point = (f64, f64);

/// How far something may stand from where it should: what rounding to tenths and the rule of an axis leave.
pub(super) const NEAR: f64 = 0.4;

pub(super) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= NEAR
}

pub(super) struct Drawing {
    pub(super) height: f64,
    /// In the order in which they are drawn, as is what follows.
    pub(super) lines: Vec<Line>,
    pub(super) fills: Vec<Fill>,
    pub(super) rects: Vec<Rect>,
    pub(super) circles: Vec<Point>,
    pub(super) texts: Vec<Text>,
}

pub(super) struct Line {
    pub(super) points: Vec<Point>,
    /// The variable's name after `--chart-`, here and below.
    pub(super) ink: String,
    pub(super) width: f64,
    pub(super) dashed: bool,
}

pub(super) struct Fill {
    pub(super) points: Vec<Point>,
    pub(super) ink: String,
    pub(super) opacity: f64,
}

pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) ink: String,
}

pub(super) struct Text {
    /// The point that `anchor` says, on the baseline.
    pub(super) at: Point,
    pub(super) anchor: String,
    pub(super) ink: String,
    pub(super) text: String,
}

impl Drawing {
    pub(super) fn of(chart: &Chart) -> Self {
        let svg = chart.svg();
        let document = Document::parse(svg).unwrap_or_else(|e| panic!("not XML: {e}\n{svg}"));
        let root = document.root_element();
        let size = root.attribute("viewBox").unwrap();
        let mut drawing = Self {
            height: size.rsplit(' ').next().unwrap().parse().unwrap(),
            lines: Vec::new(),
            fills: Vec::new(),
            rects: Vec::new(),
            circles: Vec::new(),
            texts: Vec::new(),
        };
        for node in root.descendants().filter(Node::is_element) {
            drawing.add(node);
        }
        drawing
    }

    fn add(&mut self, node: Node) {
        let scale = match inherited(node, "transform") {
            Some(transform) => number(transform.trim_matches(|c| "scale()".contains(c))),
            None => 1.0,
        };
        let pixels = |name: &str| node.attribute(name).map_or(0.0, number) * scale;
        match node.tag_name().name() {
            "path" => {
                let lines = lines(node.attribute("d").unwrap(), scale);
                if let Some(stroke) = node.attribute("stroke") {
                    let width = number(inherited(node, "stroke-width").unwrap()) * scale;
                    self.lines.extend(lines.into_iter().map(|points| Line {
                        points,
                        ink: ink(stroke),
                        width,
                        dashed: node.has_attribute("stroke-dasharray"),
                    }));
                } else {
                    let ink = ink(node.attribute("fill").unwrap());
                    let opacity = node.attribute("opacity").map_or(1.0, number);
                    let points = lines.concat();
                    self.fills.push(Fill {
                        points,
                        ink,
                        opacity,
                    });
                }
            }
            "rect" => self.rects.push(Rect {
                left: pixels("x"),
                top: pixels("y"),
                right: pixels("x") + pixels("width"),
                bottom: pixels("y") + pixels("height"),
                ink: ink(node.attribute("fill").unwrap()),
            }),
            "circle" => {
                let (at, radius) = ((pixels("cx"), pixels("cy")), pixels("r"));
                assert!(radius > 0.0);
                self.circles.push(at);
            }
            "text" => self.texts.push(Text {
                at: (pixels("x"), pixels("y")),
                anchor: node.attribute("text-anchor").unwrap_or("start").to_owned(),
                ink: ink(inherited(node, "fill").unwrap()),
                text: node.text().unwrap().to_owned(),
            }),
            "svg" | "title" | "desc" | "g" => {}
            other => panic!("a <{other}>"),
        }
    }

    /// The lines so wide, in pixels.
    pub(super) fn wide(&self, width: f64) -> Vec<&Line> {
        let of = self.lines.iter();
        of.filter(|line| (line.width - width).abs() < 1e-9)
            .collect()
    }

    /// The rectangles but the ground.
    pub(super) fn boxes(&self) -> &[Rect] {
        &self.rects[1..]
    }

    pub(super) fn text(&self, text: &str) -> &Text {
        let found = self.texts.iter().find(|t| t.text == text);
        found.unwrap_or_else(|| panic!("no text {text:?}"))
    }

    /// What the horizontal axis says: labels below grid lines.
    pub(super) fn x_rule(&self, log: bool) -> Rule {
        let mut ticks = Vec::new();
        for x in self.places(|from, to| from.0 == to.0) {
            let of = self.ticks("middle").filter(|text| near(text.at.0, x));
            ticks.extend(of.map(|text| (x, value(&text.text))));
        }
        Rule::new(ticks, log)
    }

    /// What the vertical axes say, the upper one first: labels before grid lines.
    pub(super) fn y_rules(&self, log: bool) -> Vec<Rule> {
        let mut rules: Vec<Vec<(f64, f64)>> = Vec::new();
        for y in self.places(|from, to| from.1 == to.1) {
            for text in self.ticks("end").filter(|text| near(text.at.1 - 4.0, y)) {
                let tick = (y, value(&text.text));
                // Values fall from the top to the bottom of an axis; then the next begins.
                match rules.last_mut() {
                    Some(rule) if rule.last().is_some_and(|last| last.1 > tick.1) => {
                        rule.push(tick);
                    }
                    _ => rules.push(vec![tick]),
                }
            }
        }
        rules.into_iter().map(|rule| Rule::new(rule, log)).collect()
    }

    fn ticks(&self, anchor: &str) -> impl Iterator<Item = &Text> {
        let of = self.texts.iter();
        of.filter(move |text| text.ink == "muted" && text.anchor == anchor)
    }

    /// Where the grid lines of one direction lie.
    pub(super) fn grid(&self, runs: fn(Point, Point) -> bool) -> Vec<f64> {
        let grid = self.lines.iter().filter(|line| line.ink == "grid");
        let of = grid.filter(|line| runs(line.points[0], line.points[1]));
        of.map(|line| {
            let [from, to] = [line.points[0], line.points[1]];
            if from.0 == to.0 { from.0 } else { from.1 }
        })
        .collect()
    }

    /// The same without those that lie on another, ascending.
    fn places(&self, runs: fn(Point, Point) -> bool) -> Vec<f64> {
        let mut places = self.grid(runs);
        places.sort_by(f64::total_cmp);
        places.dedup();
        places
    }

    /// Shapes that leave the picture. plotters puts what does on its edge, where nothing else stands.
    pub(super) fn outside(&self) -> Vec<String> {
        let mut outside = Vec::new();
        let mut look = |what: &str, points: &[Point], reach: f64| {
            let (right, bottom) = (WIDTH - reach, self.height - reach);
            let is_in =
                |&(x, y): &Point| (reach..=right).contains(&x) && (reach..=bottom).contains(&y);
            if !points.iter().all(is_in) {
                outside.push(format!("{what}: {points:?}"));
            }
        };
        for line in &self.lines {
            look("line", &line.points, line.width / 2.0);
        }
        for fill in &self.fills {
            look("fill", &fill.points, 0.5);
        }
        for rect in self.boxes() {
            let corners = [(rect.left, rect.top), (rect.right, rect.bottom)];
            look("rectangle", &corners, 0.5);
        }
        look("circle", &self.circles, 3.5);
        outside
    }
}

/// Where values stand along an axis, by two of its labels.
pub(super) struct Rule {
    ticks: Vec<(f64, f64)>,
    log: bool,
}

impl Rule {
    fn new(ticks: Vec<(f64, f64)>, log: bool) -> Self {
        assert!(ticks.len() >= 2, "an axis with the labels {ticks:?}");
        Self { ticks, log }
    }

    fn ends(&self) -> [(f64, f64); 2] {
        let project = |(at, value): (f64, f64)| (at, if self.log { value.ln() } else { value });
        [self.ticks[0], self.ticks[self.ticks.len() - 1]].map(project)
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let [(from, low), (to, high)] = self.ends();
        let value = if self.log { value.ln() } else { value };
        from + (value - low) / (high - low) * (to - from)
    }

    /// The value at a pixel.
    pub(super) fn value(&self, at: f64) -> f64 {
        let [(from, low), (to, high)] = self.ends();
        let value = low + (at - from) / (to - from) * (high - low);
        if self.log { value.exp() } else { value }
    }

    /// The labels between the ends stand where the rule says.
    pub(super) fn is_even(&self) -> bool {
        let mut ticks = self.ticks.iter();
        ticks.all(|&(at, value)| near(at, self.at(value)))
    }
}

fn inherited<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.ancestors().find_map(|node| node.attribute(name))
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

/// What a label of an axis says; charts to be read have plain numbers or percentages.
fn value(label: &str) -> f64 {
    match label.strip_suffix('%') {
        Some(percentage) => number(percentage) / 100.0,
        None => number(label),
    }
}

/// `1` of `var(--chart-1,#0072b2)`.
fn ink(paint: &str) -> String {
    let name = paint.strip_prefix("var(--chart-");
    let (name, _) = name.and_then(|name| name.split_once(',')).unwrap();
    name.to_owned()
}

/// The lines of a path of `M`, `m`, `h`, `v` and `l`.
fn lines(path: &str, scale: f64) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(char::is_alphabetic);
        let (numbers, after) = rest[1..].split_at(end.unwrap_or(rest.len() - 1));
        rest = after;
        let numbers: Vec<f64> = numbers.split_whitespace().map(number).collect();
        match (command, numbers.as_slice()) {
            ('M', [to_x, to_y]) => (x, y) = (*to_x, *to_y),
            ('m' | 'l', [dx, dy]) => (x, y) = (x + dx, y + dy),
            ('h', [dx]) => x += dx,
            ('v', [dy]) => y += dy,
            _ => panic!("{command}{numbers:?} in {path}"),
        }
        if matches!(command, 'M' | 'm') {
            lines.push(Vec::new());
        }
        lines.last_mut().unwrap().push((x * scale, y * scale));
    }
    lines
}
