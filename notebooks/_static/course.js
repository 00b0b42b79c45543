// The switch of the language leads to the section that is being read: ids are the same in both languages.
document.addEventListener("DOMContentLoaded", () => {
  const link = document.querySelector(".language-switch");
  link?.addEventListener("click", () => {
    const top = [...document.querySelectorAll("main section[id]")].filter((s) => s.getBoundingClientRect().top < 120);
    link.hash = window.scrollY > 0 && top.length ? top.at(-1).id : "";
  });
});
