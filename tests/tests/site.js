// What is asked of each page, in the page itself; answers are text, one line for each finding.

// Charts are inline pictures; the theme has pictures of its own for its buttons.
const charts = () => [...document.querySelectorAll('.chart svg[role="img"]')];

const unfold = () => document.querySelectorAll("details").forEach((folded) => (folded.open = true));

function judge() {
  const found = [];
  unfold();
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > room) {
    const wide = [...document.querySelectorAll("main *")].find((e) => e.getBoundingClientRect().right > room + 1);
    found.push(`wider than the window${wide ? `: <${wide.localName}${wide.className ? ` class="${wide.getAttribute("class")}"` : ""}>` : ""}`);
  }
  charts().forEach((chart, i) => {
    const name = `chart ${i + 1}`;
    const box = chart.getBoundingClientRect();
    if (!(box.width > 0 && box.height > 0) || !chart.checkVisibility()) found.push(`${name} is not visible`);
    if (!chart.querySelector("title")?.textContent.trim()) found.push(`${name} has no <title>`);
    for (const text of chart.querySelectorAll("text")) {
      const b = text.getBoundingClientRect();
      if (b.left < box.left - 1 || b.top < box.top - 1 || b.right > box.right + 1 || b.bottom > box.bottom + 1) {
        found.push(`${name}: "${text.textContent.trim()}" leaves the chart`);
      }
    }
  });
  for (const image of document.images) {
    const shown = image.checkVisibility();
    if (shown && !(image.complete && image.naturalWidth > 0 && image.width > 0)) found.push(`not shown: ${image.src}`);
  }
  return found.join("\n");
}

// The colour each chart stands on: of a rectangle that fills it, or else of the nearest box around it that has one.
function grounds() {
  const clear = ["none", "transparent", "rgba(0, 0, 0, 0)"];
  return charts().map((chart) => {
    const box = chart.getBoundingClientRect();
    for (const rect of chart.querySelectorAll("rect")) {
      const b = rect.getBoundingClientRect();
      const fill = getComputedStyle(rect).fill;
      if (b.width > 0.95 * box.width && b.height > 0.95 * box.height && !clear.includes(fill)) return fill;
    }
    for (let e = chart; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!clear.includes(colour)) return colour;
    }
    return "no ground";
  }).join("\n");
}

// All that the page loads, in bytes.
function weight() {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const bytes = all.reduce((sum, entry) => sum + entry.encodedBodySize, 0);
  return bytes > 1_500_000 ? `weighs ${bytes} bytes` : "";
}

// Text that has no translation, and verdicts or exercises that do not speak the page's language alone.
function language() {
  unfold();
  const page = document.documentElement.lang.slice(0, 2);
  const untranslated = page === "zh" ? [...document.querySelectorAll(".untranslated")] : [];
  const found = untranslated.map((e) => `not translated: ${e.textContent.trim().slice(0, 80)}`);
  for (const said of document.querySelectorAll(":is(.verdict, .verdicts, .exercise) [lang]")) {
    if (said.checkVisibility() !== (said.lang.slice(0, 2) === page)) found.push(`not in the page's language alone: ${said.textContent}`);
  }
  return found.join("\n");
}

// What axe-core calls serious or worse.
async function barriers() {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const grave = violations.filter((v) => ["serious", "critical"].includes(v.impact));
  return grave.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.replace(/\s+/g, " ").slice(0, 200)}`).join("\n");
}

// What both languages have in common: sections, links, code, text outputs, charts.
function parts() {
  const main = document.querySelector("article");
  const all = (select, what) => [...main.querySelectorAll(select)].map(what);
  return [
    ...all("section[id]", (e) => e.id),
    ...all("a.reference", (e) => e.getAttribute("href")).sort(),
    ...all("pre", (e) => e.textContent.replaceAll("\n", " ")),
    ...all(".chart svg title", (e) => e.textContent),
  ].join("\n");
}

const sections = () => [...document.querySelectorAll("main section section[id]")];

// Scrolls to the nth section, and gives its id.
function toSection(n) {
  sections()[n].scrollIntoView({ behavior: "instant" });
  return sections()[n].id;
}

// The section at the top of the window.
const reading = () => sections().filter((s) => s.getBoundingClientRect().top < 120).at(-1)?.id ?? "";

// What has the focus, and whether that shows.
function focused() {
  const style = getComputedStyle(document.activeElement);
  const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
  const name = document.activeElement.matches(".language-switch") ? "language-switch" : document.activeElement.outerHTML.slice(0, 80);
  return `${name} ${seen ? "seen" : "unseen"}`;
}

function unstyled() {
  const sheets = [...document.querySelectorAll("link[rel=stylesheet]")];
  const lost = sheets.filter((link) => !link.sheet).map((link) => `not loaded: ${link.href}`);
  return [...(document.title ? [] : ["no title"]), ...(sheets.length ? lost : ["no style sheet"])].join("\n");
}

// Milliseconds until something of the page was to be seen.
async function firstView() {
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  for (let i = 0; i < 100 && !painted(); i++) await new Promise((go) => setTimeout(go, 20));
  return String(painted()?.startTime);
}
