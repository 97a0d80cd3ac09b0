"use strict";
// The picker filters as one types; the phone asks for its requests again and again.
const plain = (words) => words.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
for (const field of document.querySelectorAll("input[data-filter]")) {
  const rows = [...document.getElementById(field.dataset.filter).children];
  const count = document.getElementById("count");
  const show = () => {
    const wanted = plain(field.value.trim());
    for (const row of rows) row.hidden = !plain(row.textContent + row.firstElementChild.value).includes(wanted);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = (shown === 1 ? count.dataset.one : count.dataset.many).replace("#", shown);
  };
  field.addEventListener("input", show);
  show();
}
const requests = document.getElementById("requests");
if (requests) {
  setInterval(async () => {
    if (requests.contains(document.activeElement)) return; // never under someone's finger
    const answer = await fetch(location.href).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    requests.replaceChildren(...page.getElementById("requests").childNodes);
  }, Number(requests.dataset.reload));
}
