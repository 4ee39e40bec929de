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
  document.querySelectorAll('main a[href^="#s"]').forEach(function (link) {
    var source = document.getElementById(link.hash.slice(1));
    if (source) link.title = source.textContent;
  });
  document.querySelectorAll(".replay").forEach(function (bar) {
    var data = JSON.parse(bar.parentNode.querySelector(".replay-data").textContent), timer = null;
    var slide = bar.querySelector("input"), button = bar.querySelector("button"), clock = bar.querySelector("output");
    var space = "http://www.w3.org/2000/svg", layers = [];
    Object.keys(data.spots).forEach(function (name) {
      var layer = document.querySelector("svg." + name + " .units"), marks;
      if (!layer) return;
      layer.textContent = "";
      marks = data.units.map(function (unit) {
        var mark = document.createElementNS(space, "g"), dot = document.createElementNS(space, "circle");
        var said = document.createElementNS(space, "text");
        mark.setAttribute("class", "unit");
        dot.setAttribute("r", 5.5);
        said.setAttribute("x", 9);
        said.setAttribute("y", -7);
        said.textContent = unit;
        mark.append(dot, said);
        layer.append(mark);
        return mark;
      });
      layers.push({ spots: data.spots[name], marks: marks });
    });
    function place(spots, unit, now) {
      var at = null, share;
      data.legs.forEach(function (leg) {
        if (leg[0] !== unit) return;
        if (at === null || now >= leg[1]) {
          share = leg[2] > leg[1] ? Math.min(Math.max((now - leg[1]) / (leg[2] - leg[1]), 0), 1) : 1;
          at = [0, 1].map(function (axis) {
            return spots[leg[3]][axis] + share * (spots[leg[4]][axis] - spots[leg[3]][axis]);
          });
        }
      });
      return at;
    }
    function draw() {
      var now = Number(slide.value), minute = data.start + now, day = Math.floor(minute / 1440);
      var text = ("0" + Math.floor(minute / 60) % 24).slice(-2) + ("0" + minute % 60).slice(-2) + "Z";
      clock.textContent = data.end > 1440 ? "+" + day + " " + text : text;
      slide.setAttribute("aria-valuetext", clock.textContent);
      layers.forEach(function (layer) {
        var held = {};
        layer.marks.forEach(function (mark, unit) {
          var at = place(layer.spots, unit, now), near = Math.round(at[0] / 12) + " " + Math.round(at[1] / 12);
          held[near] = (held[near] || 0) + 1;
          mark.lastChild.setAttribute("y", 5 - 12 * held[near]);
          mark.setAttribute("transform", "translate(" + at[0].toFixed(1) + " " + at[1].toFixed(1) + ")");
        });
      });
    }
    function stop() {
      clearInterval(timer);
      timer = null;
      button.textContent = "\u25b6";
    }
    data.legs.sort(function (a, b) { return a[1] - b[1]; });
    slide.max = data.end;
    slide.value = data.legs[0][1];
    bar.hidden = false;
    slide.addEventListener("input", draw);
    button.addEventListener("click", function () {
      if (timer) return stop();
      if (Number(slide.value) >= data.end) slide.value = 0;
      button.textContent = "\u275a\u275a";
      timer = setInterval(function () {
        slide.value = Number(slide.value) + Math.max(1, data.end / 720);
        draw();
        if (Number(slide.value) >= data.end) stop();
      }, 33);
    });
    draw();
  });
}());
