"use strict";
// plot draws series over time into an SVG: [{name, points: [[seconds, value], …]}]; the class of a line is its name.
function plot(svg, series) {
  const width = Math.max(svg.clientWidth, 240), height = Math.max(svg.clientHeight, 120);
  const left = 44, right = 8, top = 8, bottom = 18;
  const points = series.flatMap((s) => s.points);
  const seconds = Math.max(1, ...points.map((p) => p[0])), most = nice(Math.max(0, ...points.map((p) => p[1])));
  const x = (t) => left + (width - left - right) * t / seconds, y = (v) => height - bottom - (height - top - bottom) * v / most;
  const drawn = [];
  for (const share of [0, 0.5, 1]) {
    drawn.push(shape("line", { class: "grid", x1: left, x2: width - right, y1: y(most * share), y2: y(most * share) }));
    drawn.push(shape("text", { x: left - 5, y: y(most * share) + 3, "text-anchor": "end" }, short(most * share)));
    drawn.push(shape("text", { x: x(seconds * share), y: height - 4, "text-anchor": ["start", "middle", "end"][share * 2] }, short(seconds * share) + " s"));
  }
  for (const s of series) {
    if (s.points.length === 1) drawn.push(shape("circle", { class: s.name, cx: x(s.points[0][0]), cy: y(s.points[0][1]), r: 3 }));
    drawn.push(shape("polyline", { class: s.name, points: s.points.map((p) => x(p[0]).toFixed(1) + "," + y(p[1]).toFixed(1)).join(" ") }));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(...drawn);
}

function shape(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  return element;
}

// nice is the next round number for the end of an axis.
function nice(v) {
  if (v <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(v));
  return [1, 2, 5, 10].find((n) => n * unit >= v) * unit;
}

function short(v) {
  if (v >= 1e6) return +(v / 1e6).toFixed(1) + "M";
  if (v >= 1e4) return +(v / 1e3).toFixed(1) + "k";
  return String(+v.toPrecision(3));
}
