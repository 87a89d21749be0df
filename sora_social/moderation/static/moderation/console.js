/* Keys of the moderators' console. Everything they do is a click that is on the page as well. */
(() => {
  "use strict";
  const KEYS = {
    "j / k": "next, previous case in the queue",
    "Enter": "open it",
    "c": "claim",
    "r": "give back",
    "1 … 9, 0": "choose a decision and its reason",
    "s": "with a strike, or without",
    "d": "decide",
    "q": "back to the queue",
    "?": "these keys",
  };
  const rows = () => [...document.querySelectorAll("#result_list tr")].filter((row) => row.querySelector(".action-select"));
  const here = () => document.querySelector("tr.console-here");
  const typing = (field) => field.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(here());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    here()?.classList.remove("console-here");
    next.classList.add("console-here");
    next.scrollIntoView({ block: "nearest" });
  }

  function act(name) { // the list's own action on the row one stands on
    const row = here(), form = document.getElementById("changelist-form");
    if (!row || !form) return;
    rows().forEach((other) => { other.querySelector(".action-select").checked = other === row; });
    form.querySelector("select[name=action]").value = name;
    form.submit();
  }

  function help() {
    const dialog = document.createElement("dialog");
    dialog.className = "console-help";
    const list = dialog.appendChild(document.createElement("dl"));
    for (const [key, does] of Object.entries(KEYS)) {
      list.appendChild(document.createElement("dt")).appendChild(document.createElement("kbd")).textContent = key;
      list.appendChild(document.createElement("dd")).textContent = does;
    }
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  }

  const IN_QUEUE = {
    j: () => step(1),
    k: () => step(-1),
    c: () => act("claim"),
    r: () => act("release"),
    Enter: () => here()?.querySelector("th a, td a")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const aim = document.querySelector(`#case [data-key="${CSS.escape(event.key)}"]`);
    const does = event.key === "?" ? help : aim ? () => aim.click() : !document.getElementById("case") && IN_QUEUE[event.key];
    if (!does || (event.key === "Enter" && event.target.matches("a, button"))) return;
    event.preventDefault();
    does();
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-help]")) help(); });
})();
