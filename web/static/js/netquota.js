/* netquota's own script: theme, keys, live parts, typed names. Every page works without it.
   The strict CSP holds: no inline script, no evaluated text, no style attribute. */
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.remove("no-script");

  function each(selector, work, within) {
    Array.prototype.forEach.call((within || document).querySelectorAll(selector), work);
  }

  /* Theme: the server renders the choice; here it changes without a reload, and the cookie tells the server. */
  function chooseTheme(choice) {
    if (choice === "auto") { root.removeAttribute("data-bs-theme"); } else { root.setAttribute("data-bs-theme", choice); }
    var meta = document.querySelector('meta[name="color-scheme"]');
    if (meta) { meta.content = choice === "auto" ? "light dark" : choice; }
    document.cookie = "nq_theme=" + choice + ";path=/;max-age=31536000;samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
    each("[data-theme-choice]", function (link) {
      if (link.dataset.themeChoice === choice) { link.setAttribute("aria-current", "true"); }
      else { link.removeAttribute("aria-current"); }
    });
    document.dispatchEvent(new Event("netquota:theme"));
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest("[data-theme-choice]");
    if (link) { event.preventDefault(); chooseTheme(link.dataset.themeChoice); }
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    document.dispatchEvent(new Event("netquota:theme"));
  });

  /* Copy: what stands in a block, where the browser lets us. */
  each("[data-copy]", function (button) {
    var block = document.getElementById(button.dataset.copy);
    if (!block || !navigator.clipboard) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(block.textContent).then(function () { button.textContent = button.dataset.done; });
    });
  });

  /* Print: the page as it stands. */
  each("[data-print]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  /* Keys: off inside fields, and off altogether where the person says so (WCAG 2.1.4). */
  var keys = document.getElementById("keys");
  function keysOn() { return !/(?:^|; )nq_keys=off/.test(document.cookie); }
  function keysText() {
    each("[data-toggle-keys]", function (button) {
      button.textContent = keysOn() ? button.dataset.off : button.dataset.on;
    });
  }
  each("[data-show-keys]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { keys.showModal(); });
  });
  each("[data-toggle-keys]", function (button) {
    button.addEventListener("click", function () {
      document.cookie = "nq_keys=" + (keysOn() ? "off" : "on") + ";path=/;max-age=31536000;samesite=lax";
      keysText();
    });
  });
  keysText();

  var waiting = "";
  function walk(step) {
    var rows = Array.prototype.slice.call(document.querySelectorAll("main .table tbody tr"))
      .filter(function (row) { return row.querySelector("a[href]"); });
    if (!rows.length) { return; }
    var here = rows.findIndex(function (row) { return row.classList.contains("is-here"); });
    if (here >= 0) { rows[here].classList.remove("is-here"); }
    var next = rows[Math.min(rows.length - 1, Math.max(0, here + step))];
    next.classList.add("is-here");
    next.querySelector("a[href]").focus();
    next.scrollIntoView({ block: "nearest" });
  }
  function goTo(letter) {
    each("[data-key]", function (link) { if (link.dataset.key === letter) { link.click(); } });
  }
  var pressed = {
    "/": function () {
      var box = document.querySelector("main [data-search]") || document.querySelector("[data-search]");
      if (box) { box.focus(); box.select(); }
    },
    "?": function () { if (keys) { keys.showModal(); } },
    "j": function () { walk(1); },
    "k": function () { walk(-1); },
    "e": function () { var edit = document.querySelector("[data-edit]"); if (edit) { edit.click(); } },
    "g": function () { waiting = "g"; window.setTimeout(function () { waiting = ""; }, 1500); }
  };
  document.addEventListener("keydown", function (event) {
    var inField = event.target.closest("input, textarea, select, dialog, [contenteditable]");
    if (inField || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !keysOn()) { return; }
    if (waiting === "g") { waiting = ""; goTo(event.key); event.preventDefault(); return; }
    if (Object.prototype.hasOwnProperty.call(pressed, event.key)) { event.preventDefault(); pressed[event.key](); }
  });

  /* Live parts ([data-live], refreshed by htmx): still while the page is hidden, paused, or a person works in them. */
  var paused = false;
  function busy(part) {
    var here = document.activeElement;
    return (part.contains(here) && here.matches("input, select, textarea")) || Boolean(here.closest("#undo details"));
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-pause]");
    if (!button) { return; }
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
  });
  document.addEventListener("htmx:config:request", function (event) {
    var context = event.detail.ctx;
    var token = document.querySelector('meta[name="csrf-token"]');
    if (token && context.request.method !== "GET") { context.request.headers["X-CSRFToken"] = token.content; }
    var live = event.target.closest("[data-live]");
    var byClock = !context.sourceEvent || context.sourceEvent.type === "every";
    if (live && byClock && (document.hidden || paused || busy(live))) { event.preventDefault(); }
  });

  /* What was unfolded stays so when a live part brings it anew, and is left alone while a person is in it. */
  var unfolded = false;
  document.addEventListener("toggle", function (event) {
    if (event.target.matches("#undo details")) { unfolded = event.target.open; }
  }, true);
  document.addEventListener("htmx:after:swap", function () {
    var more = document.querySelector("#undo details");
    if (more && unfolded) { more.open = true; }
  });

  /* A failed request never eats the page: say so in the strips, keep what is shown. */
  function tell(text) {
    var place = document.getElementById("strips");
    if (!place || place.querySelector("[data-failure]")) { return; }
    var strip = document.createElement("div");
    strip.className = "strip bad";
    strip.setAttribute("role", "alert");
    strip.setAttribute("data-failure", "");
    var words = document.createElement("p");
    words.textContent = text;
    strip.appendChild(words);
    place.appendChild(strip);
  }
  var words = document.getElementById("words");
  if (words) {
    document.addEventListener("htmx:response:error", function (event) {
      if (event.detail.ctx.response.status >= 500) { tell(words.dataset.failed); }
    });
    document.addEventListener("htmx:error", function () { tell(words.dataset.offline); });
    document.addEventListener("htmx:after:swap", function (event) {
      if (event.detail.ctx.response.status >= 500) { return; }  /* htmx says "swapped" of what it left out, too */
      each("[data-failure]", function (strip) { strip.remove(); });
    });
  }

  /* After each swap and at the start. */
  function prepare(within) {
    each("form[data-phrase]", function (form) {
      var box = form.elements.phrase, button = form.querySelector(".btn-danger");
      function compare() { button.disabled = box.value.trim() !== form.dataset.phrase; }
      box.addEventListener("input", compare);
      compare();
    }, within);
    each("[data-select-all]", function (box) {
      box.addEventListener("change", function () {
        each('input[type="checkbox"][name]', function (other) { other.checked = box.checked; }, box.closest("table"));
      });
    }, within);
    each("[data-submit-on-change]", function (control) {
      control.addEventListener("change", function () { control.form.requestSubmit(); });
    }, within);
    each("[data-focus]", function (summary) { summary.focus(); }, within);
  }
  prepare(document);
  document.addEventListener("htmx:after:swap", function (event) { prepare(event.target); });
})();
