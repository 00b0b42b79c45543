// What is asked of a deck and of a page on paper, in the page itself; answers are text, one line for each finding.

// Every slide, shown in turn: it holds something, all of it lies on the slide, and its charts are whole.
function judgeDeck() {
  const found = [];
  for (const [i, slide] of Reveal.getSlides().entries()) {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    const find = (what) => found.push(`slide ${i + 1}, "${slide.innerText.trim().slice(0, 40)}": ${what}`);
    const room = slide.getBoundingClientRect();
    const leaves = (box) => box.left < room.left - 1 || box.top < room.top - 1 || box.right > room.right + 1 || box.bottom > room.bottom + 1;
    if (Reveal.getCurrentSlide() !== slide || !slide.checkVisibility()) find("is not shown");
    if (!slide.innerText.trim() && !slide.querySelector("svg")) find("is empty");
    for (const part of slide.children) {
      if (leaves(part.getBoundingClientRect())) find(`<${part.localName} class="${part.className}"> leaves the slide`);
    }
    for (const text of slide.querySelectorAll(".text, .printed")) {
      if (text.scrollWidth > text.clientWidth + 1) find(`wider than the slide: ${text.innerText.slice(0, 40)}`);
    }
    for (const chart of slide.querySelectorAll("svg[role=img]")) {
      const box = chart.getBoundingClientRect();
      if (box.width < 300 || box.height < 200 || !chart.checkVisibility() || leaves(box)) find(`a chart of ${box.width} by ${box.height}`);
      if (!chart.querySelector("title")?.textContent.trim()) find("a chart without <title>");
    }
  }
  return found.join("\n");
}

// The page as it goes to paper; `beforeprint` has been sent.
function judgePaper() {
  const found = [];
  const around = ".bd-header, .bd-header-article, .bd-sidebar-primary, .bd-sidebar-secondary, .bd-footer, .prev-next-footer";
  for (const e of document.querySelectorAll(`${around}, .bd-content button`)) {
    if (e.checkVisibility()) found.push(`printed: <${e.localName} class="${e.className}">`);
  }
  for (const content of document.querySelectorAll("details > :not(summary)")) {
    if (!content.checkVisibility({ opacityProperty: true, visibilityProperty: true })) found.push(`folded: ${content.textContent.trim().slice(0, 40)}`);
  }
  for (const code of document.querySelectorAll(".bd-content pre")) {
    if (code.scrollWidth > code.clientWidth + 1) found.push(`clipped: ${code.textContent.trim().slice(0, 40)}`);
  }
  const room = document.documentElement.clientWidth;
  for (const chart of document.querySelectorAll(".chart svg[role=img]")) {
    if (chart.getBoundingClientRect().right > room + 1) found.push("a chart wider than the paper");
  }
  if (document.documentElement.dataset.theme !== "light") found.push("printed dark");
  return found.join("\n");
}
