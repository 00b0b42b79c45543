// What is asked of each page, in the page itself; answers are text, one line for each finding.

// Charts are inline pictures; the theme has pictures of its own for its buttons.
const charts = () => [...document.querySelectorAll('.chart svg[role="img"]')];

function judge() {
  const found = [];
  document.querySelectorAll("details").forEach((folded) => (folded.open = true));
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
