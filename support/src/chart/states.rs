//! States and what leads from one to the next.

use std::f64::consts::{PI, TAU};
use std::fmt::Write as _;

use super::canvas::{Anchor, Area, Canvas, LINE, Label, PAD, Point, SMALL, WIDTH};
use super::palette::Ink;
use super::{Chart, Error, heading, limit, text};

/// A state diagram, for up to eight states.
///
/// States stand on an ellipse in the order in which they were named, the first at the upper left.
///
/// ```
/// use support::chart::States;
/// let chart = States::new("A process passes ready before it runs")
///     .state("ready").state("running").state("blocked")
///     .start("ready")
///     .arrow("ready", "running", "dispatched")
///     .arrow("running", "ready", "slice used up")
///     .arrow("running", "blocked", "waits for IO")
///     .arrow("blocked", "ready", "IO done")
///     .draw()?;
/// assert!(chart.text().contains("blocked -> ready: IO done"));
/// # Ok::<(), support::chart::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a chart is drawn by .draw()"]
pub struct States {
    title: String,
    note: String,
    states: Vec<String>,
    start: Option<String>,
    arrows: Vec<(String, String, String)>,
}

impl States {
    /// A diagram without states.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: text::clean(&title.into()),
            note: String::new(),
            states: Vec::new(),
            start: None,
            arrows: Vec::new(),
        }
    }

    /// The line under the title: what is shown.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = text::clean(&note.into());
        self
    }

    /// A state.
    pub fn state(mut self, name: impl Into<String>) -> Self {
        super::index_of(&mut self.states, text::clean(&name.into()));
        self
    }

    /// The state that everything starts in.
    pub fn start(mut self, name: impl Into<String>) -> Self {
        self.start = Some(text::clean(&name.into()));
        self
    }

    /// What leads from one state to another, or back to the same.
    pub fn arrow(
        mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        let [from, to, label] = [from.into(), to.into(), label.into()].map(|t| text::clean(&t));
        self.arrows.push((from, to, label));
        self
    }

    /// Draws the diagram.
    ///
    /// # Errors
    /// When there is no state, an arrow or the start names a state that is not there, or there are more than 8 states or
    /// 40 arrows.
    pub fn draw(self) -> Result<Chart, Error> {
        if self.states.is_empty() {
            return Err(Error::NoData {
                title: self.title,
                needs: "state",
            });
        }
        limit(self.states.len(), 8, "states")?;
        limit(self.arrows.len(), 40, "arrows")?;
        let find = |name: &String| {
            let found = self.states.iter().position(|state| state == name);
            found.ok_or_else(|| Error::NoState { name: name.clone() })
        };
        let start = self.start.as_ref().map(find).transpose()?;
        let arrows = self
            .arrows
            .iter()
            .map(|(from, to, label)| Ok((find(from)?, find(to)?, label.as_str())))
            .collect::<Result<Vec<_>, Error>>()?;

        let mut canvas = Canvas::default();
        let top = canvas.header(&self.title, &self.note);
        let height = self.paint(&mut canvas, top, start, &arrows);
        let mut text = heading(&self.title, &self.note);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "states: {}", self.states.join(", "));
        if let Some(start) = &self.start {
            let _ = writeln!(text, "start: {start}");
        }
        for (from, to, label) in &self.arrows {
            let _ = writeln!(text, "{from} -> {to}: {label}");
        }
        canvas.finish(self.title, text, height)
    }

    fn paint(
        &self,
        canvas: &mut Canvas,
        top: f64,
        start: Option<usize>,
        arrows: &[(usize, usize, &str)],
    ) -> f64 {
        let count = self.states.len();
        let radius = match count {
            1 => 0.0,
            2 => 20.0,
            3 => 80.0,
            _ => 115.0,
        };
        // Two or three states: the first two on one level.
        let first = match count {
            1 | 2 => PI,
            n => 1.5 * PI - PI / n as f64,
        };
        let mut nodes: Vec<Node> = self
            .states
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let angle = first + TAU * i as f64 / count as f64;
                let across = if count == 1 { 0.0 } else { 215.0 };
                let lines = text::wrap(name, 12.5, true, 110.0, 2);
                let width = lines
                    .iter()
                    .map(|l| text::width(l, 12.5, true))
                    .fold(40.0, f64::max);
                Node {
                    x: WIDTH / 2.0 + across * angle.cos(),
                    y: radius * angle.sin(),
                    half_width: width / 2.0 + 14.0,
                    half_height: 10.0 + 8.0 * lines.len() as f64,
                    lines,
                }
            })
            .collect();

        let loops = arrows.iter().any(|(from, to, _)| from == to);
        let head = if loops { 74.0 } else { 48.0 };
        let highest = nodes
            .iter()
            .map(|node| node.y)
            .fold(f64::INFINITY, f64::min);
        nodes
            .iter_mut()
            .for_each(|node| node.y += top + head - highest);
        let lowest = nodes.iter().map(|node| node.y).fold(0.0, f64::max);

        let mut places = Vec::new();
        for &(from, to, label) in arrows {
            let side = (from == to).then(|| match (nodes[from].x - WIDTH / 2.0, nodes[from].y) {
                (_, y) if y < highest + 1.0 => (0.0, -1.0),
                (_, y) if y > lowest - 1.0 => (0.0, 1.0),
                (x, _) => (x.signum(), 0.0),
            });
            let curve = Curve::between(&nodes[from], &nodes[to], side);
            let points: Vec<Point> = (0..=20).map(|i| curve.at(f64::from(i) / 20.0)).collect();
            arrow_head(canvas, points[19], points[20]);
            canvas.path(points, Ink::Muted, 1.5, None);
            places.push((curve, from, to, label));
        }
        if let Some(start) = start {
            let node = &nodes[start];
            let tip = (node.x - node.half_width, node.y);
            let tail = (tip.0 - 30.0, tip.1);
            canvas.line(tail, tip, Ink::Muted, 1.5);
            canvas.marker(tail, 0);
            arrow_head(canvas, tail, tip);
        }
        for node in &nodes {
            let area = node.area(0.0);
            canvas.rect(area, Ink::Series(0), 8.0);
            let mut y = node.y - node.lines.len() as f64 * 8.0 - 4.0;
            for line in &node.lines {
                y += 16.0;
                let label = Label::new(node.x, y, Anchor::Middle, line.as_str()).ink(Ink::On(0));
                canvas.label(Label {
                    size: 12.5,
                    bold: true,
                    ..label
                });
            }
        }
        let lines: Vec<Point> = places
            .iter()
            .flat_map(|(curve, ..)| (0..=40).map(|i| curve.at(f64::from(i) / 40.0)))
            .collect();
        let mut unplaced = Vec::new();
        for (curve, from, to, label) in places {
            if !label.is_empty() && !place(canvas, &nodes, &lines, &curve, label, top) {
                unplaced.push(format!(
                    "{} → {}: {label}",
                    self.states[from], self.states[to]
                ));
            }
        }
        let labels = canvas.labels.iter().map(|label| label.area().bottom);
        let mut y = labels.fold(lowest + if loops { 52.0 } else { 26.0 }, f64::max) + 4.0;
        for line in unplaced {
            for line in text::wrap(&line, SMALL, false, WIDTH - 2.0 * PAD, 3) {
                y += 16.0;
                canvas.label(Label::new(PAD, y, Anchor::Start, line).ink(Ink::Muted));
            }
        }
        y + PAD
    }
}

/// Puts a label near the middle of its curve, where it meets neither a state nor another label, and no arrow if that
/// can be had.
fn place(
    canvas: &mut Canvas,
    nodes: &[Node],
    arrows: &[Point],
    curve: &Curve,
    label: &str,
    top: f64,
) -> bool {
    let lines = text::wrap(label, SMALL, false, 130.0, 3);
    if lines.last().is_some_and(|last| last.ends_with('…')) {
        return false;
    }
    let width = lines
        .iter()
        .map(|line| text::width(line, SMALL, false))
        .fold(0.0, f64::max);
    let height = LINE * lines.len() as f64;
    let mut crossed = None;
    for t in [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74] {
        let (x, y) = curve.at(t);
        let (nx, ny) = curve.outward(t);
        for distance in [6.0_f64, 14.0, -6.0, -14.0] {
            let reach = (nx.abs() * width + ny.abs() * height) / 2.0 + distance.abs();
            let (cx, cy) = (
                x + nx * reach * distance.signum(),
                y + ny * reach * distance.signum(),
            );
            let area = Area {
                left: cx - width / 2.0 - 2.0,
                right: cx + width / 2.0 + 2.0,
                top: cy - height / 2.0,
                bottom: cy + height / 2.0,
            };
            let inside =
                area.left > PAD / 2.0 && area.right < WIDTH - PAD / 2.0 && area.top > top - 8.0;
            let free = !nodes.iter().any(|node| node.area(3.0).overlaps(&area))
                && !canvas
                    .labels
                    .iter()
                    .any(|other| other.area().overlaps(&area));
            if !inside || !free {
                continue;
            }
            if !arrows.iter().any(|point| area.holds(*point)) {
                write(canvas, lines, area);
                return true;
            }
            crossed.get_or_insert(area);
        }
    }
    if let Some(area) = crossed {
        write(canvas, lines, area);
    }
    crossed.is_some()
}

fn write(canvas: &mut Canvas, lines: Vec<String>, area: Area) {
    let middle = (area.left + area.right) / 2.0;
    for (i, line) in lines.into_iter().enumerate() {
        let baseline = area.top + LINE * i as f64 + 10.5;
        canvas.label(Label::new(middle, baseline, Anchor::Middle, line));
    }
}

fn arrow_head(canvas: &mut Canvas, from: Point, tip: Point) {
    let (dx, dy) = (tip.0 - from.0, tip.1 - from.1);
    let length = dx.hypot(dy).max(1e-6);
    let (ux, uy) = (dx / length, dy / length);
    let base = (tip.0 - 9.0 * ux, tip.1 - 9.0 * uy);
    let side = (-4.5 * uy, 4.5 * ux);
    let points = vec![
        tip,
        (base.0 + side.0, base.1 + side.1),
        (base.0 - side.0, base.1 - side.1),
    ];
    canvas.polygon(points, Ink::Muted, 1.0);
}

struct Node {
    x: f64,
    y: f64,
    half_width: f64,
    half_height: f64,
    lines: Vec<String>,
}

impl Node {
    fn area(&self, margin: f64) -> Area {
        Area {
            left: self.x - self.half_width - margin,
            top: self.y - self.half_height - margin,
            right: self.x + self.half_width + margin,
            bottom: self.y + self.half_height + margin,
        }
    }

    /// Where the ray from the middle towards `to` leaves the box.
    fn edge(&self, to: Point) -> Point {
        let (dx, dy) = (to.0 - self.x, to.1 - self.y);
        let share =
            (self.half_width / dx.abs().max(1e-6)).min(self.half_height / dy.abs().max(1e-6));
        (self.x + dx * share, self.y + dy * share)
    }
}

/// A cubic curve.
struct Curve([Point; 4]);

impl Curve {
    /// From one state to another, bent to the left of its way so that two opposite arrows part.
    fn between(from: &Node, to: &Node, loop_side: Option<Point>) -> Self {
        if let Some((ox, oy)) = loop_side {
            // The middle of the side, and the way along it.
            let (x, y) = (
                from.x + ox * from.half_width,
                from.y + oy * from.half_height,
            );
            let at = |along: f64, out: f64| (x + ox * out - oy * along, y + oy * out + ox * along);
            return Self([
                at(-12.0, 0.0),
                at(-28.0, 38.0),
                at(28.0, 38.0),
                at(12.0, 0.0),
            ]);
        }
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let length = dx.hypot(dy).max(1.0);
        let bend = 24.0 + 0.06 * length;
        let control = (
            (from.x + to.x) / 2.0 + dy / length * bend,
            (from.y + to.y) / 2.0 - dx / length * bend,
        );
        let (a, b) = (from.edge(control), to.edge(control));
        let toward = |p: Point| {
            (
                p.0 + (control.0 - p.0) * 0.66,
                p.1 + (control.1 - p.1) * 0.66,
            )
        };
        Self([a, toward(a), toward(b), b])
    }

    fn at(&self, t: f64) -> Point {
        let [a, b, c, d] = self.0;
        let s = 1.0 - t;
        let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        let mix = |p: [f64; 4]| p.iter().zip(weights).map(|(p, w)| p * w).sum::<f64>();
        (mix([a.0, b.0, c.0, d.0]), mix([a.1, b.1, c.1, d.1]))
    }

    /// The unit vector across the curve, on the side that it bends to.
    fn outward(&self, t: f64) -> Point {
        let (before, after) = (self.at((t - 0.01).max(0.0)), self.at((t + 0.01).min(1.0)));
        let (dx, dy) = (after.0 - before.0, after.1 - before.1);
        let length = dx.hypot(dy).max(1e-6);
        (dy / length, -dx / length)
    }
}
