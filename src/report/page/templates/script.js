"use strict";
// Sorts a table by the column whose head is pressed; shows on the map which row is meant. The page is whole without it.
document.querySelectorAll("table.sortable").forEach(table => {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    if (head.className === "plain" || body.rows.length < 2) return;
    const press = document.createElement("button");
    press.type = "button";
    while (head.firstChild) press.append(head.firstChild);
    head.append(press);
    press.onclick = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const of = row => row.cells[column].textContent.trim();
      const number = text => parseFloat(text.replace(/[,<≥+\s]/g, "").replace("−", "-"));
      const rows = [...body.rows].sort((a, b) => {
        const [x, y] = [number(of(a)), number(of(b))];
        return isNaN(x) || isNaN(y) ? of(a).localeCompare(of(b)) : x - y;
      });
      if (down) rows.reverse();
      body.append(...rows);
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    };
  });
});
document.querySelectorAll(".mapfigure").forEach(figure => {
  const lit = (mark, on) => figure.querySelectorAll(`[data-mark="${mark}"]`).forEach(part => part.classList.toggle("lit", on));
  figure.querySelectorAll("[data-mark]").forEach(part => {
    part.onpointerenter = () => lit(part.dataset.mark, true);
    part.onpointerleave = () => lit(part.dataset.mark, false);
  });
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(part => part.open = true));
