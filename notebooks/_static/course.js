// The switch of the language leads to the section that is being read: ids are the same in both languages.
document.addEventListener("DOMContentLoaded", () => {
  const link = document.querySelector(".language-switch");
  link?.addEventListener("click", () => {
    const top = [...document.querySelectorAll("main section[id]")].filter((s) => s.getBoundingClientRect().top < 120);
    link.hash = window.scrollY > 0 && top.length ? top.at(-1).id : "";
  });
});

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
