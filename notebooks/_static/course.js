// What is searched for in Chinese, cut as the index is (conf.py): pairs of signs without particles, and words in Latin letters.
if (document.documentElement.lang.startsWith("zh")) {
  window.splitQuery = (query) =>
    (query.match(/\p{Script=Han}+|[\p{Letter}\p{Number}_]+/gu) ?? []).flatMap((run) =>
      /\p{Script=Han}{3}/u.test(run) ? [...run].slice(1).map((sign, i) => run[i] + sign).filter((pair) => !/[的了是在不一个也这那它把被让从都而]/.test(pair)) : run,
    );
}

document.addEventListener("DOMContentLoaded", () => {
  // Names that say less than what is read inside the element, and a side bar that is no landmark: the theme's and MyST-NB's.
  for (const e of document.querySelectorAll("summary[aria-label], .search-button-field[aria-label]")) e.removeAttribute("aria-label");
  document.querySelector("#pst-primary-sidebar")?.setAttribute("role", "complementary");

  // The switch of the language leads to the section that is being read: ids are the same in both languages.
  const link = document.querySelector(".language-switch");
  link?.addEventListener("click", () => {
    const top = [...document.querySelectorAll("main section[id]")].filter((s) => s.getBoundingClientRect().top < 120);
    link.hash = window.scrollY > 0 && top.length ? top.at(-1).id : "";
  });
});

// Code that is unfolded may have to be scrolled: the theme looks again for what the keyboard must reach.
document.addEventListener("toggle", () => window.dispatchEvent(new Event("resize")), true);

// On paper the page is light, and nothing is folded.
const unprinted = [];
window.addEventListener("beforeprint", () => {
  const { theme } = document.documentElement.dataset;
  document.documentElement.dataset.theme = "light";
  unprinted.push(() => (document.documentElement.dataset.theme = theme));
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    unprinted.push(() => (folded.open = false));
  }
});
window.addEventListener("afterprint", () => unprinted.splice(0).forEach((undo) => undo()));
