// What is asked of a chart, alone in a page; answers are text, one line for each finding.

// How far boxes may reach into each other, in the chart's pixels: the browser rounds a font's height.
const MARGIN = 0.5;

async function judge(svg) {
  document.body.innerHTML = svg;
  const found = [];
  const chart = document.querySelector("svg");
  const { width, height } = chart.viewBox.baseVal;
  const shown = chart.getBoundingClientRect();
  if (Math.abs(shown.width - width) > 0.5 || Math.abs(shown.height - height) > 0.5) found.push(`shown ${shown.width} by ${shown.height}`);
  const texts = [...chart.querySelectorAll("text")].map((e) => [e.textContent, e.getBBox()]);
  if (!texts.length) found.push("has no text");
  texts.forEach(([text, box], i) => {
    const [right, bottom] = [box.x + box.width, box.y + box.height];
    if (box.x < 0 || box.y < 0 || right > width || bottom > height) found.push(`"${text}" leaves the picture`);
    for (const [other, b] of texts.slice(0, i)) {
      const across = Math.min(right, b.x + b.width) - Math.max(box.x, b.x);
      const along = Math.min(bottom, b.y + b.height) - Math.max(box.y, b.y);
      if (across > MARGIN && along > MARGIN) found.push(`"${text}" lies on "${other}" by ${across.toFixed(1)} × ${along.toFixed(1)}`);
    }
  });
  // As an image it has to be a document of its own.
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode().catch(() => found.push("is no image"));
  if (!(image.naturalWidth > 0)) found.push("is an image of no size");
  return found.join("\n");
}

// Gives the page these variables.
function paint(variables) {
  document.documentElement.style = variables;
  document.body.style.background = "var(--chart-bg, #fff)";
  return "";
}
