"use strict";
// The live table: the feed says that something came, the rows are asked again, at most four times a second.
const rows = document.getElementById("rows");
const live = document.getElementById("live");
if (rows && live && window.EventSource) {
  const feed = new EventSource("/api/feed" + (document.body.dataset.session ? "?session=" + encodeURIComponent(document.body.dataset.session) : ""));
  let waiting = false;
  const refresh = async () => {
    waiting = false;
    const answer = await fetch("/exchanges/rows" + location.search);
    if (answer.ok) rows.innerHTML = await answer.text(); // our own server's markup, already escaped there
  };
  feed.onopen = () => { live.textContent = live.dataset.on; live.className = "on"; };
  feed.onerror = () => { live.textContent = live.dataset.off; live.className = "off"; };
  feed.onmessage = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(refresh, 250);
  };
}
for (const field of document.querySelectorAll("input[data-filter]")) {
  const body = document.getElementById(field.dataset.filter).tBodies[0];
  const plain = (words) => words.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  field.addEventListener("input", () => {
    const wanted = plain(field.value);
    for (const row of body.rows) row.hidden = !plain(row.textContent).includes(wanted);
  });
}
// Parts that the server renders again while something moves; open details stay open, headers say when to stop or leave.
const refreshers = [];
for (const part of document.querySelectorAll("[data-refresh]")) {
  let shown = "", timer = 0;
  const ask = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(part.dataset.refresh);
      const go = answer.headers.get("X-Segur-Go");
      if (go) { location.assign(go); return; }
      const html = answer.ok ? await answer.text() : shown;
      if (html !== shown) {
        const open = new Map([...part.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
        part.innerHTML = html; // our own server's markup, already escaped there
        for (const each of part.querySelectorAll("details[id]")) each.open = open.get(each.id) ?? each.open;
        shown = html;
      }
      if (answer.headers.get("X-Segur-Again") === "0") { location.reload(); return; }
    } catch { /* the bench is away: ask again */ }
    timer = setTimeout(ask, 1000);
  };
  timer = setTimeout(ask, 300);
  refreshers.push(ask);
  if ("session" in part.dataset && window.EventSource) {
    new EventSource("/api/feed?session=" + encodeURIComponent(part.dataset.session)).onmessage = ask;
  }
}
// Marks and clicks: sent without leaving the page, so that a note being typed is not lost.
for (const form of document.querySelectorAll("form[data-quiet]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new URLSearchParams(new FormData(form, event.submitter));
    await fetch(form.action, { method: "POST", body: given, redirect: "manual" });
    for (const ask of refreshers) ask();
  });
}
for (const body of document.querySelectorAll("[data-copy-label]")) {
  for (const cell of body.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button"), value = cell.textContent;
    button.type = "button"; button.className = "copy"; button.textContent = body.dataset.copyLabel;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(value);
      button.textContent = body.dataset.copiedLabel;
      setTimeout(() => { button.textContent = body.dataset.copyLabel; }, 1500);
    });
    const holder = document.createElement("td");
    holder.append(button); cell.after(holder);
  }
}
for (const field of document.querySelectorAll("input[data-max]")) {
  field.addEventListener("change", () => {
    const size = field.files.length ? field.files[0].size : 0;
    field.setCustomValidity(size > Number(field.dataset.max) ? field.dataset.maxMessage : "");
  });
}
document.getElementById("task")?.focus({ preventScroll: true });
