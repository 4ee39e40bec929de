(function () {
  "use strict";
  var root = document.documentElement, names = ["en", "fr"];
  function radio(name) { return document.getElementById("lang-" + name); }
  function show(name) {
    radio(name).checked = true;
    root.lang = name;
  }
  function keep(name) { try { localStorage.setItem("castor-lang", name); } catch (refused) { return; } }
  function kept() { try { return localStorage.getItem("castor-lang"); } catch (refused) { return null; } }
  var asked = location.hash.slice(1), first = names.indexOf(asked) >= 0 ? asked : kept();
  if (names.indexOf(first) >= 0) show(first);
  names.forEach(function (name) {
    radio(name).addEventListener("change", function () { show(name); keep(name); });
  });
  document.querySelectorAll(".cite").forEach(function (link) {
    var source = document.getElementById(link.hash.slice(1));
    if (source) link.title = source.textContent;
  });
}());
