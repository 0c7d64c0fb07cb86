"use strict";
const $ = (id) => document.getElementById(id);
let token = "";       // kept in this page alone
let chosen = named();
let buckets = [];     // of the chosen run
let latest = [];      // runs
let older = [];       // runs before them that somebody asked for
const listed = 100;   // how many are asked for at once
let following = null; // AbortController of its stream

// named is the run that the address names; what is no name is none.
function named() {
  try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
}

// call asks the API; what it refuses is an error with the problem's words.
async function call(path, options = {}) {
  const headers = { ...(options.body ? { "Content-Type": "application/json" } : {}), ...(token ? { Authorization: "Bearer " + token } : {}) };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const error = new Error([problem.title, problem.detail].filter(Boolean).join(": ") || response.statusText);
  error.status = response.status;
  throw error;
}

function tell(error) {
  $("alert").hidden = !error;
  $("alert").textContent = error ? error.message : "";
  if (error && error.status === 401) { $("login").hidden = false; $("token").focus(); }
}

// element makes one with a text, which is never read as HTML.
function element(name, text, more = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, more);
}

async function list() {
  try {
    const { runs } = await (await call(`/api/runs?limit=${listed}`)).json();
    $("connection").textContent = "live";
    $("login").hidden = true;
    if (!older.length) $("older").hidden = runs.length < listed;
    else if (runs.length) pushDown(runs);
    latest = runs;
    showList([...latest, ...older]);
    if (!chosen && runs.length) choose(runs[0].id);
    return true;
  } catch (error) {
    $("connection").textContent = "not connected";
    if (error.status) tell(error);
    return error.status !== 401;
  }
}

// pushDown keeps runs that newer ones have pushed out of the latest.
function pushDown(runs) {
  const still = new Set([...runs, ...older].map((run) => run.id));
  older.unshift(...latest.filter((run) => !still.has(run.id)));
}

function showList(runs) {
  $("no-runs").hidden = runs.length > 0;
  const known = new Map([...$("runs").children].map((item) => [item.dataset.id, item]));
  const items = runs.map((run) => known.get(run.id) || newItem(run.id));
  runs.forEach((run, i) => {
    const [name, about] = items[i].firstChild.children, c = run.counts;
    name.textContent = run.id;
    about.textContent = `${run.scenario} · ${run.state} · ${c.finished} of ${c.started} finished`;
    items[i].firstChild.setAttribute("aria-current", run.id === chosen);
  });
  if (items.length !== $("runs").children.length || items.some((item, i) => item !== $("runs").children[i])) {
    const focused = document.activeElement;
    $("runs").replaceChildren(...items);
    if (focused && focused.isConnected) focused.focus();
  }
}

function newItem(id) {
  const item = document.createElement("li"), button = document.createElement("button");
  item.dataset.id = id;
  button.type = "button";
  button.append(document.createElement("b"), document.createElement("small"));
  button.addEventListener("click", () => { choose(id); $("run").focus(); });
  item.append(button);
  return item;
}

function choose(id) {
  chosen = id;
  tell(null);
  history.replaceState(null, "", "#" + encodeURIComponent(id));
  for (const item of $("runs").children) item.firstChild.setAttribute("aria-current", item.dataset.id === id);
  if (following) following.abort();
  following = new AbortController();
  if (!document.hidden) follow(id, following.signal);
}

// follow reads the events of a run until it has ended; a stream that is cut is opened again.
async function follow(id, signal) {
  for (let wait = 500; !signal.aborted; wait = Math.min(wait * 2, 10000)) {
    buckets = [];
    try {
      const reader = (await call(`/api/runs/${encodeURIComponent(id)}/events`, { signal })).body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        const parts = (rest + value).split("\n\n");
        rest = parts.pop();
        for (const part of parts) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(part) || [];
          if (!name || signal.aborted) continue;
          wait = 500;
          show(JSON.parse(data, exact), name === "ended");
          if (name === "ended") return;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status) return tell(error);
    }
    await new Promise((go) => setTimeout(go, wait));
  }
}

// exact keeps integers that a number of JavaScript would round; plain writes them again.
const exact = (_, value, at) => typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && at ? BigInt(at.source) : value;
const plain = (_, value) => typeof value === "bigint" ? JSON.rawJSON(String(value)) : value;

function show(run, ended) {
  merge(run.buckets, ended);
  $("run").hidden = false;
  $("run-id").textContent = run.id;
  $("run-state").textContent = run.state;
  $("run-state").className = "state " + run.state;
  $("cancel").hidden = ended;
  $("run-about").textContent = `${run.scenario}: ${run.profile} · started ${new Date(run.started).toLocaleString()}`;
  $("run-cause").hidden = !run.cause;
  $("run-cause").textContent = run.cause || "";
  const c = run.counts, s = run.statistics, t = s.response_ms.intended;
  pairs("counts", { started: c.started, finished: c.finished, passed: c.passed, failed: c.failed, aborted: c.aborted, cancelled: c.cancelled });
  pairs("figures", { requests: s.requests.total, KO: s.requests.ko, "per second": s.rps, "p50, ms": t.p50 ?? "–", "p95, ms": t.p95 ?? "–", "p99, ms": t.p99 ?? "–" });
  const time = (b) => (b.at_ms + b.width_ms / 2) / 1000, rate = (b, n) => [time(b), n * 1000 / b.width_ms];
  plot($("plot-requests"), [{ name: "ok", points: buckets.map((b) => rate(b, b.ok)) }, { name: "ko", points: buckets.map((b) => rate(b, b.ko)) }]);
  plot($("plot-users"), [{ name: "p50", points: buckets.map((b) => [time(b), b.max_users]) }]);
  const timed = buckets.filter((b) => b.p50_ms !== null);
  plot($("plot-times"), [{ name: "p50", points: timed.map((b) => [time(b), b.p50_ms]) }, { name: "p99", points: timed.map((b) => [time(b), b.p99_ms]) }]);
  rows("vars", Object.keys(run.vars).sort().map((name) => {
    const row = document.createElement("tr");
    row.append(element("td", name), element("td", JSON.stringify(run.vars[name], plain)));
    return row;
  }), $("vars").tBodies[0]);
  $("vars").hidden = !Object.keys(run.vars).length;
  rows("failures", run.first_failures.map((f) => element("li", `${(f.at_ms / 1000).toFixed(2)} s · ${f.user}: ${f.message}`)));
  rows("problems", run.problems.map((p) => element("li", p)));
  rows("files", run.files.map((name) => fileItem(run.id, name)));
}

// merge puts buckets that have changed in their places; wider ones replace all.
function merge(more, whole) {
  if (whole || (more.length && buckets.length && more[0].at_ms === 0)) buckets = [];
  for (const b of more) {
    const i = buckets.findIndex((known) => known.at_ms === b.at_ms);
    if (i < 0) buckets.push(b); else buckets[i] = b;
  }
}

function pairs(id, values) {
  const items = Object.entries(values).map(([name, value]) => {
    const item = document.createElement("div");
    item.append(element("dt", name), element("dd", typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 1 }) : value));
    item.id = id + "-" + name.split(",")[0].replace(" ", "-");
    return item;
  });
  $(id).replaceChildren(...items);
}

function rows(id, items, into = $(id)) {
  const same = items.length === into.children.length && items.every((item, i) => item.textContent === into.children[i].textContent);
  if (!same) into.replaceChildren(...items); // what has not changed keeps the focus
  $("no-" + id).hidden = items.length > 0;
}

// fileItem is a link; with a token, which a link cannot show, the file is fetched first.
function fileItem(id, name) {
  const item = document.createElement("li"), path = `/api/runs/${encodeURIComponent(id)}/files/${name}`;
  const link = element("a", name, { href: path });
  if (token) {
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      try {
        const address = URL.createObjectURL(await (await call(path)).blob());
        element("a", "", { href: address, download: name }).click();
        setTimeout(() => URL.revokeObjectURL(address), 60000);
      } catch (error) { tell(error); }
    });
  }
  item.append(link);
  return item;
}

$("cancel").addEventListener("click", async () => {
  $("cancel").disabled = true;
  try {
    await call(`/api/runs/${encodeURIComponent(chosen)}/cancel`, { method: "POST", body: "{}" });
    $("run").focus();
  } catch (error) { tell(error); } finally { $("cancel").disabled = false; }
});

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  $("token").value = "";
  tell(null);
  poll();
  if (chosen) choose(chosen);
});

// A page that nobody looks at takes no stream: a browser has few connections for all its pages.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) following?.abort();
  else if (chosen) choose(chosen);
});

addEventListener("hashchange", () => { if (named() && named() !== chosen) choose(named()); });

$("older").addEventListener("click", async () => {
  const last = $("runs").lastChild.dataset.id;
  try {
    const { runs } = await (await call(`/api/runs?limit=${listed}&before=${encodeURIComponent(last)}`)).json();
    older.push(...runs);
    $("older").hidden = runs.length < listed;
    showList([...latest, ...older]);
    [...$("runs").children].find((item) => item.dataset.id === runs[0]?.id)?.firstChild.focus();
  } catch (error) { tell(error); }
});

// poll asks for the list once a second while somebody looks.
let timer;
async function poll() {
  clearTimeout(timer);
  if (document.hidden || await list()) timer = setTimeout(poll, 1000);
}
poll();
if (chosen) choose(chosen);
