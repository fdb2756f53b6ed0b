/* Progressive enhancement only. Every page works as plain forms and links without it.
   One delegated listener per event, so content swapped in by htmx needs no re-binding. */
(function () {
  "use strict";
  var doc = document, root = doc.documentElement;
  function all(sel, from) { return Array.prototype.slice.call((from || doc).querySelectorAll(sel)); }
  function closeMenus(except) {
    all("details.menu[open]").forEach(function (m) { if (m !== except) m.open = false; });
  }

  function pressTheme() {
    var now = root.dataset.theme || "system";
    all("[data-set-theme]").forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.setTheme === now)); });
  }

  doc.addEventListener("click", function (e) {
    var menu = e.target.closest("details.menu");
    closeMenus(menu);

    var theme = e.target.closest("[data-set-theme]");
    if (theme) {
      var v = theme.dataset.setTheme;
      if (v === "system") delete root.dataset.theme; else root.dataset.theme = v;
      try { localStorage.setItem("theme", v); } catch (err) { /* ignore */ }
      pressTheme();
      closeMenus();
    }

    var closer = e.target.closest("[data-close]"), gone = closer && closer.closest("[data-dismiss]");
    if (gone) gone.remove();
    if (e.target.closest("[data-clear-selection]")) {
      all('input[name="sel"]').forEach(function (c) { c.checked = false; });
      syncSelection();
      var head = doc.querySelector("[data-sel-all]"); if (head) head.focus(); /* the bar is gone: keep the keyboard in the table */
    }
    var copy = e.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.dataset.copy).then(function () { say("Link copied"); });
    }
    var move = e.target.closest("[data-move]");
    if (move) {
      e.preventDefault(); // without scripts the button submits
      var row = move.closest("li"), up = move.dataset.move === "up";
      var sib = up ? row.previousElementSibling : row.nextElementSibling;
      if (sib) { if (up) sib.before(row); else sib.after(row); move.focus(); say("Moved " + move.dataset.move); }
    }
  });

  doc.addEventListener("keydown", function (e) {
    if (e.key === "Escape") {
      var open = doc.querySelector("details.menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      root.classList.add("no-tips");
    }
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) {
      /* the page's own field before the way to everything */
      var s = doc.querySelector("input[data-search]") || doc.querySelector("[data-search]");
      if (s) { e.preventDefault(); s.focus(); if (s.tagName !== "INPUT") s.click(); }
    }
  });
  doc.addEventListener("mouseover", function (e) { if (!e.target.closest(".has-tip")) root.classList.remove("no-tips"); });
  doc.addEventListener("focusin", function (e) { if (!e.target.closest(".has-tip")) root.classList.remove("no-tips"); });

  /* selection: header box, counter. The bar itself appears through CSS :has() */
  function syncSelection() {
    var boxes = all('input[name="sel"]'), on = boxes.filter(function (b) { return b.checked; }).length;
    all("[data-sel-count]").forEach(function (el) { el.textContent = on; });
    all("[data-sel-all]").forEach(function (h) { h.checked = on > 0 && on === boxes.length; h.indeterminate = on > 0 && on < boxes.length; });
  }
  doc.addEventListener("change", function (e) {
    if (e.target.matches("[data-sel-all]")) { all('input[name="sel"]').forEach(function (b) { b.checked = e.target.checked; }); }
    if (e.target.matches('[data-sel-all], input[name="sel"]')) syncSelection();
  });
  syncSelection();

  /* on a narrow screen, tabs begin with the one that is open in sight */
  all(".tabs [aria-current]").forEach(function (tab) {
    var tabs = tab.closest(".tabs");
    if (tabs.scrollWidth > tabs.clientWidth) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  });

  /* a preview is of what was asked for: once that is changed, it has to be looked at again */
  doc.addEventListener("input", function (e) {
    var form = e.target.closest("form[data-previewed]"), plan = form && doc.getElementById(form.dataset.previewed);
    if (!plan) return;
    all("form button", plan).forEach(function (b) { b.disabled = true; });
    all("[data-stale]", plan).forEach(function (note) { note.hidden = false; });
  });

  /* announcements for screen readers; visible toasts come from the server */
  function say(text) { var live = doc.getElementById("live"); if (live) { live.textContent = ""; setTimeout(function () { live.textContent = text; }, 50); } }

  /* cards of a board are dragged by their grip, with mouse, pen or finger; Escape puts them back.
     Dropping sends the form that sits above the board. Keys use the buttons beside the grip. */
  var drag = null;
  function endDrag(drop) {
    var d = drag; drag = null;
    d.card.classList.remove("is-dragged");
    var ids = all("[data-card]", d.board).map(function (c) { return c.dataset.card; }).join(",");
    if (!drop) { d.before.forEach(function (c) { d.board.append(c); }); return; }
    if (ids === d.form.elements.seen.value) return;
    d.form.elements.wanted.value = ids;
    d.form.requestSubmit();
  }
  doc.addEventListener("pointerdown", function (e) {
    var grip = e.target.closest("[data-drag]"), form = doc.getElementById("arrange");
    if (!grip || !form || drag || e.button !== 0) return;
    e.preventDefault();
    grip.setPointerCapture(e.pointerId);
    var card = grip.closest("[data-card]");
    drag = { card: card, board: card.parentElement, form: form, before: all("[data-card]", card.parentElement) };
    card.classList.add("is-dragged");
  });
  doc.addEventListener("pointermove", function (e) {
    if (!drag) return;
    if (e.clientY < 60) window.scrollBy(0, -12); else if (e.clientY > window.innerHeight - 60) window.scrollBy(0, 12);
    var below = doc.elementFromPoint(e.clientX, e.clientY), over = below && below.closest("[data-card]");
    if (!over || over === drag.card || over.parentElement !== drag.board) return;
    var box = over.getBoundingClientRect(), mine = drag.card.getBoundingClientRect();
    var beside = box.top < mine.bottom && mine.top < box.bottom;
    var late = beside ? e.clientX > box.left + box.width / 2 : e.clientY > box.top + box.height / 2;
    if (late) over.after(drag.card); else over.before(drag.card);
  });
  doc.addEventListener("pointerup", function () { if (drag) endDrag(true); });
  doc.addEventListener("pointercancel", function () { if (drag) endDrag(false); });
  doc.addEventListener("keydown", function (e) { if (drag && e.key === "Escape") endDrag(false); });

  /* work items are carried by their grip to another lane, or sent by left and right arrow on their Move button.
     Either presses what the item's own menu offers for that lane; where it offers nothing the card goes back. */
  var carry = null, sent = null;
  function offer(card, lane) { return lane && card.querySelector('[data-to="' + lane.dataset.lane + '"]'); }
  function putBack(c) { c.lane.querySelector("ol").insertBefore(c.card, c.next); }
  function show(template, text) {
    var toasts = doc.getElementById(template).content.firstElementChild.cloneNode(true), words = toasts.querySelector(".toast__text");
    if (text) words.textContent = text;
    all(".toasts").forEach(function (old) { old.remove(); });
    doc.body.append(toasts);
    say(words.textContent);
  }
  function refuse(text) { show("refusal", text); }
  function nameOf(lane) { return lane.querySelector("h2 span").textContent; }
  function refuseLane(card, lane) {
    var why = card.querySelector('[data-why="' + lane.dataset.lane + '"]');
    if (why) { refuse(card.dataset.item + ": " + why.textContent); return; }
    var open = all("[data-lane]").filter(function (l) { return offer(card, l); }).map(nameOf);
    refuse(card.dataset.item + " cannot go to " + nameOf(lane) + " from here, only to " + open.join(", ") + ".");
  }
  function press(c, lane) {
    var move = offer(c.card, lane);
    closeMenus();
    if (move.href) putBack(c); else sent = c; // a link asks for more first
    move.click();
  }
  doc.addEventListener("click", function (e) {
    var move = e.target.closest("button[data-to]"), card = move && move.closest("[data-item]");
    if (!card) return;
    sent = sent || placed(card);
    // htmx still asks for the button; once the page has come the focus is put here again
    setTimeout(function () { card.querySelector("summary").focus({ preventScroll: true }); });
  });
  function placed(card) { return { card: card, lane: card.closest("[data-lane]"), next: card.nextElementSibling, over: null }; }
  function showLanes(card, over) {
    all("[data-lane]").forEach(function (l) {
      l.classList.toggle("is-open", !!card && !!offer(card, l));
      l.classList.toggle("is-over", !!card && l === over);
    });
  }
  function endCarry(drop) {
    var c = carry, to = c.over; carry = null;
    c.card.classList.remove("is-dragged");
    showLanes(null);
    if (drop && to && to !== c.lane && offer(c.card, to)) { press(c, to); return; }
    putBack(c);
    if (drop && to && to !== c.lane) refuseLane(c.card, to);
  }
  doc.addEventListener("pointerdown", function (e) {
    var grip = e.target.closest("[data-carry]");
    if (!grip || carry || e.button !== 0) return;
    e.preventDefault();
    grip.setPointerCapture(e.pointerId);
    carry = placed(grip.closest("[data-item]"));
    carry.card.classList.add("is-dragged");
    showLanes(carry.card);
  });
  doc.addEventListener("pointermove", function (e) {
    if (!carry) return;
    var lanes = carry.lane.parentElement;
    if (e.clientY < 60) window.scrollBy(0, -12); else if (e.clientY > window.innerHeight - 60) window.scrollBy(0, 12);
    if (e.clientX < 40) lanes.scrollBy(-12, 0); else if (e.clientX > window.innerWidth - 40) lanes.scrollBy(12, 0);
    var below = doc.elementFromPoint(e.clientX, e.clientY), over = below && below.closest("[data-lane]");
    if (over === carry.over) return;
    carry.over = over;
    if (offer(carry.card, over) && over !== carry.lane) over.querySelector("ol").prepend(carry.card); else putBack(carry);
    showLanes(carry.card, over);
  });
  doc.addEventListener("pointerup", function () { if (carry) endCarry(true); });
  doc.addEventListener("pointercancel", function () { if (carry) endCarry(false); });
  doc.addEventListener("keydown", function (e) {
    if (carry && e.key === "Escape") endCarry(false);
    var card = (e.key === "ArrowLeft" || e.key === "ArrowRight") && e.target.closest("[data-item] summary") && e.target.closest("[data-item]");
    if (!card) return;
    e.preventDefault();
    var lanes = all("[data-lane]"), here = lanes.indexOf(card.closest("[data-lane]"));
    if (e.key === "ArrowLeft") { lanes.reverse(); here = lanes.length - 1 - here; }
    var ahead = lanes.slice(here + 1), to = ahead.filter(function (l) { return offer(card, l); })[0];
    var told = ahead.filter(function (l) { return card.querySelector('[data-why="' + l.dataset.lane + '"]'); })[0];
    if (to) press(placed(card), to); else if (told) refuseLane(card, told); else refuse(card.dataset.item + " cannot go further to the " + (e.key === "ArrowLeft" ? "left." : "right."));
  });
  function notMoved() { if (sent) { putBack(sent); refuse(sent.card.dataset.item + " was not moved. Load the page again to see how it stands."); sent = null; } }
  doc.addEventListener("htmx:responseError", notMoved);
  doc.addEventListener("htmx:afterSwap", function () {
    var told = sent && doc.querySelector(".toasts .toast__text");
    sent = null;
    if (told) say(told.textContent);
  });

  /* the network, not people, failed: what they typed stays, and is sent again when they say so */
  var again = null;
  function lost(retry) { again = retry; show("offline"); }
  function isBack() { again = null; all("[data-offline]").forEach(function (t) { t.remove(); }); }
  doc.addEventListener("htmx:sendError", function (e) {
    var c = e.detail.requestConfig, cause = c.triggeringEvent;
    if (sent) { putBack(sent); sent = null; }
    if (cause) lost(function () { // what asks by itself now and then, asks again by itself
      if (cause.type === "submit") c.elt.requestSubmit(cause.submitter);
      else window.htmx.ajax(c.verb, c.path, { source: c.elt, target: c.target, event: cause });
    });
  });
  doc.addEventListener("submit", function (e) {
    if (navigator.onLine || !doc.getElementById("offline")) return;
    e.preventDefault();
    e.stopPropagation();
    lost(function () { e.target.requestSubmit(e.submitter); });
  }, true);
  /* the second half of a double click sends nothing once more */
  var pressed = { at: -Infinity };
  doc.addEventListener("submit", function (e) {
    if (e.defaultPrevented || e.target.getAttribute("method") !== "post" || e.target.matches("[hx-post]")) return;
    if (pressed.form === e.target && e.timeStamp - pressed.at < 700) e.preventDefault();
    else pressed = { form: e.target, at: e.timeStamp };
  }, true);
  doc.addEventListener("click", function (e) { if (again && e.target.closest("[data-retry]")) { var retry = again; isBack(); retry(); } });
  doc.addEventListener("htmx:afterRequest", function (e) { if (e.detail.successful) isBack(); });
  /* gone back to, a form has the number that it was sent with, so that the same again makes nothing more */
  doc.addEventListener("submit", function (e) {
    var number = e.target.elements.once, state = Object.assign({}, history.state);
    if (!number) return;
    state.once = Object.assign({}, state.once);
    state.once[e.target.action] = number.value;
    history.replaceState(state, "");
  });
  all("input[name=once]").forEach(function (number) {
    var sent = (history.state || {}).once || {};
    number.value = sent[number.form.action] || number.value;
  });
  /* what was begun in a [data-kept] field stays while another form of its page is sent */
  function kept(f, text) {
    try { if (text) sessionStorage.setItem(f.form.action, text); else sessionStorage.removeItem(f.form.action); } catch (err) { /* storage blocked */ }
  }
  doc.addEventListener("submit", function (e) {
    all("[data-kept]").forEach(function (f) { kept(f, f.form === e.target ? "" : f.value); });
  });
  all("[data-kept]").forEach(function (f) {
    try { f.value = f.value || sessionStorage.getItem(f.form.action) || ""; } catch (err) { /* storage blocked */ }
    kept(f, "");
  });
  /* what had the keyboard is gone with the old content: what has come instead takes it */
  function keepFocus(e) {
    var lost = !doc.activeElement || doc.activeElement === doc.body, found = e.detail.target && doc.getElementById(e.detail.target.id);
    if (lost && found && found.tabIndex === -1) found.focus({ preventScroll: true });
  }
  /* what these choices add stands in the answer: of several things asked for, the latest alone is answered (hx-sync) */
  function freeChoices() { all("[data-adds]").forEach(function (s) { s.value = ""; }); }
  doc.addEventListener("htmx:afterSwap", function (e) { syncSelection(); keepFocus(e); freeChoices(); });

  /* what is wrong or odd about a form as it is being written is tied to every control that it is about */
  function describe(c, ids) { if (ids) c.setAttribute("aria-describedby", ids); else c.removeAttribute("aria-describedby"); }
  function tie() {
    all("[data-told]").forEach(function (c) { describe(c, c.dataset.told); delete c.dataset.told; });
    all("[data-wrong]").forEach(function (c) { c.removeAttribute("aria-invalid"); delete c.dataset.wrong; });
    all("[data-of]").forEach(function (said) {
      said.dataset.of.split(" ").forEach(function (id) {
        var c = doc.getElementById(id), group = c && c.type === "checkbox" && c.closest("fieldset.field"), told = group || c;
        if (!c) return;
        if (said.matches(".field__error")) { c.setAttribute("aria-invalid", "true"); c.dataset.wrong = ""; }
        var ids = (told.getAttribute("aria-describedby") || "").split(" ").filter(function (one) { return one && one !== said.id; });
        if (!("told" in told.dataset)) told.dataset.told = ids.join(" ");
        describe(told, ids.concat(said.id).join(" "));
      });
    });
  }
  tie();
  doc.addEventListener("htmx:afterOnLoad", function (e) {
    if (e.detail.elt.matches("[data-says]")) { /* what stood there since the form was sent is said anew, or no more */
      all("#rule .field__error:not([data-of]), #rule [data-error-summary]").forEach(function (old) { old.remove(); });
      all("#rule .has-error").forEach(function (f) { f.classList.remove("has-error"); });
      all("#rule [aria-invalid]").forEach(function (c) { c.removeAttribute("aria-invalid"); });
    }
    tie();
  });

  pressTheme();
  /* a form that came back with errors: the summary is read and heard first */
  var summary = doc.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
