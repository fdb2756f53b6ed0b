/* Runs in <head>, before first paint: the chosen appearance, and the mark that scripts run at all. */
(function () {
  var root = document.documentElement;
  root.dataset.js = "";
  try {
    var t = localStorage.getItem("theme");
    if (t === "light" || t === "dark") root.dataset.theme = t;
  } catch (e) { /* storage blocked: follow the system */ }
})();
