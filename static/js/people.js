/* Fields that name people ([data-people]) suggest them while one writes: the combobox of WAI-ARIA. They stay plain text,
   which the server understands or asks about. Delegated listeners, so content swapped in by htmx needs no re-binding. */
(function () {
  "use strict";
  var doc = document, WAIT = 200, SHORTEST = 2;
  var field = null, list = null, timer = 0, asking = null;

  function say(text) { var live = doc.getElementById("live"); live.textContent = ""; setTimeout(function () { live.textContent = text; }, 50); }
  function options() { return list ? Array.prototype.slice.call(list.children) : []; }
  function active() { return options().filter(function (o) { return o.getAttribute("aria-selected") === "true"; })[0]; }
  function isSingle(f) { return f.dataset.people === "one"; }
  /* A text area has no role of a combobox to be expanded. */
  function expand(f, open) { if (f.tagName === "INPUT") f.setAttribute("aria-expanded", String(open)); }

  function prepare(f) {
    if (f.dataset.prepared) return;
    f.dataset.prepared = "";
    f.setAttribute("aria-autocomplete", "list");
    f.setAttribute("spellcheck", "false");
    if (f.tagName === "INPUT") f.setAttribute("role", "combobox");
    expand(f, false);
  }
  function close() {
    clearTimeout(timer);
    if (asking) asking.abort();
    if (list) list.remove();
    if (field) { expand(field, false); field.removeAttribute("aria-activedescendant"); field.removeAttribute("aria-controls"); }
    list = asking = null;
  }

  /* The name that is being written: of several, the one that the caret is in. */
  function written(f) {
    var end = isSingle(f) ? f.value.length : f.selectionStart;
    var begin = isSingle(f) ? 0 : Math.max.apply(null, [",", ";", "\n"].map(function (s) { return f.value.lastIndexOf(s, end - 1); })) + 1;
    if (end === 0) begin = 0;
    return { begin: begin, end: end, text: f.value.slice(begin, end).trim() };
  }
  function ask(f) {
    var text = written(f).text;
    close();
    field = f;
    if (text.length < SHORTEST) return;
    var mine = asking = new AbortController();
    fetch(doc.body.dataset.suggestions + "?q=" + encodeURIComponent(text), { signal: mine.signal })
      .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; })
      .then(function (html) { if (asking === mine && doc.activeElement === f) show(f, html); })
      .catch(function () { /* the field is a plain one without a connection */ });
  }
  function show(f, html) {
    var found = doc.createElement("ul");
    found.className = "suggestions";
    found.id = f.id + "-people";
    found.setAttribute("role", "listbox");
    found.setAttribute("aria-label", "People");
    found.innerHTML = html;
    if (!found.children.length) { say("Nobody found."); return; }
    var only = found.children.length === 1 && found.children[0].dataset.written.toLowerCase();
    if (only === written(f).text.toLowerCase()) return; // nothing is left to choose, so nothing is covered
    list = found;
    options().forEach(function (o, i) { o.id = found.id + "-" + i; });
    found.style.top = f.offsetTop + f.offsetHeight + 4 + "px";
    found.style.left = f.offsetLeft + "px";
    found.style.width = f.offsetWidth + "px";
    f.after(found);
    f.setAttribute("aria-controls", found.id);
    expand(f, true);
    say(found.children.length === 1 ? "One person found. Press arrow down to choose." : found.children.length + " people found. Press arrow down to choose.");
  }
  function select(option) {
    clearTimeout(timer); // what is being chosen from stays
    options().forEach(function (o) { o.setAttribute("aria-selected", String(o === option)); });
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  function choose(option) {
    var f = field, at = written(f), single = isSingle(f);
    f.setRangeText((at.begin > 0 && f.value[at.begin - 1] !== "\n" ? " " : "") + option.dataset.written + (single ? "" : ", "), at.begin, at.end, "end");
    close();
    f.focus();
    f.dispatchEvent(new Event("change", { bubbles: true }));
  }

  doc.addEventListener("focusin", function (e) { if (e.target.matches("[data-people]")) prepare(e.target); });
  doc.addEventListener("focusout", function (e) { if (e.target === field) close(); });
  doc.addEventListener("input", function (e) {
    var f = e.target;
    if (!f.matches("[data-people]") || e.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(function () { ask(f); }, WAIT);
  });
  doc.addEventListener("keydown", function (e) {
    var f = e.target, down = e.key === "ArrowDown";
    if (!f.matches || !f.matches("[data-people]") || e.isComposing) return;
    if (!list) {
      if (e.key === "Escape") close(); // what was asked for is not shown afterwards
      else if (down && f.tagName === "INPUT") { e.preventDefault(); ask(f); }
      return;
    }
    var all = options(), place = all.indexOf(active());
    if (down || e.key === "ArrowUp") {
      e.preventDefault();
      select(all[down ? (place + 1) % all.length : (place <= 0 ? all.length : place) - 1]);
    } else if (e.key === "Enter" && place >= 0) {
      e.preventDefault();
      choose(all[place]);
    } else if (e.key === "Escape") {
      e.preventDefault();
      close();
    }
  });
  /* The field keeps the keyboard while one points. */
  doc.addEventListener("mousedown", function (e) { if (list && list.contains(e.target)) e.preventDefault(); });
  doc.addEventListener("click", function (e) { var o = list && e.target.closest(".suggestions [role=option]"); if (o) choose(o); });
})();
