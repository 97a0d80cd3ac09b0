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
