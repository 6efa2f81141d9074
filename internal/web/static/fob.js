// The pages work without this. It counts down to the next code, and keeps a form from
// being sent twice.
"use strict";
for (const p of document.querySelectorAll(".countdown")) {
  // The server's clock counts: ours may be off.
  const ends = performance.now() + (Date.parse(p.dataset.until) - Date.parse(p.dataset.now));
  let said = "";
  const show = () => {
    const left = Math.ceil((ends - performance.now()) / 1000);
    const text = left > 0 ? p.dataset.left.replace("%d", left) : p.dataset.over;
    // A reader that speaks is told now and then, not every second.
    p.setAttribute("aria-live", left <= 0 || left % 10 === 0 ? "polite" : "off");
    if (text !== said) p.textContent = said = text;
    p.classList.toggle("over", left <= 0);
    if (left > 0) setTimeout(show, 250);
  };
  p.hidden = false;
  show();
}
for (const f of document.querySelectorAll("form[method=post]")) {
  f.addEventListener("submit", (e) => {
    if (f.dataset.sent) e.preventDefault();
    f.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => { for (const f of document.forms) delete f.dataset.sent; });
