// The live numbers: one small request a second, all viewers sharing one look at the queue.
"use strict";

const connection = document.getElementById("connection");

async function refresh() {
  try {
    const answer = await fetch("/stats", { signal: AbortSignal.timeout(2000) });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    show(await answer.json());
    connection.textContent = "live";
  } catch (error) {
    connection.textContent = `no connection, trying again … (${error.message})`;
  }
  setTimeout(refresh, 1000);
}

function show(stats) {
  for (const cell of document.querySelectorAll("[data-key]")) {
    const digits = Number(cell.dataset.digits || 0);
    cell.textContent = stats[cell.dataset.key].toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }
}

refresh();
