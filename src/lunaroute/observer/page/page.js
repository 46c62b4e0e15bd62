// The web page: asks the API beside it and shows what it answers. Whatever was recorded
// becomes text nodes only; nothing of it is ever read as markup.
"use strict";

const settings = document.body.dataset;
const refreshMs = Number(settings.refresh) * 1000;
const main = document.getElementById("main");
const state = document.getElementById("state");
const LONG = 20000; // characters of a text that are shown before it is asked for
const PAGE = 50;
const MOST = 1000; // the API's own limit

// Elements. `props` are properties; `data` and `class` are what they are in HTML.

function h(tag, props, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (name === "class") made.className = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "aria") for (const [key, word] of Object.entries(value)) made.setAttribute(`aria-${key}`, word);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made[name] = value;
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// Words for numbers and times.

const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const count = (n) => whole.format(n || 0);
const brief = (n) => ((n || 0) < 10000 ? count(n) : short.format(n));
const when = (text) => new Date(/Z$/.test(text) ? text : `${text.replace(" ", "T")}Z`);
const clock = (text) => (text ? when(text).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" }) : "");

function lasted(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 7200000) return `${Math.round(ms / 60000)} min`;
  return `${(ms / 3600000).toFixed(1)} h`;
}

function dollars(usd, unknown) {
  const more = unknown ? `${count(unknown)} unknown` : "";
  if (usd === null || usd === undefined) return more || "–";
  const known = `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
  return more ? `${known} + ${more}` : known;
}

function cut(text, length) {
  const line = (text || "").replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

// Asking. Paths are relative, so that a token in front of the page's path stays there.

async function ask(path, values) {
  const query = new URLSearchParams(Object.entries(values || {}).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  const answer = await fetch(query.size ? `${path}?${query}` : path, { headers: { accept: "application/json" } });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error.message);
  return { data, total: answer.headers.get("x-total-count") };
}

const sessionPath = (id) => `sessions/${encodeURIComponent(id)}`;
const sessionLink = (id) => `#/session/${encodeURIComponent(id)}`;

// Parts that several views have.

function table(headings, rows, none) {
  if (!rows.length) return h("p", { class: "empty" }, none);
  const head = headings.map(([name, kind]) => h("th", { class: kind || "", scope: "col" }, name));
  return h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

function linked(href, cells) {
  const go = (event) => { if (!event.target.closest("a")) location.hash = href; };
  return h("tr", { class: "link", onclick: go }, cells);
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("p", { class: "facts" }, shown.map(([name, value]) => h("span", {}, name ? `${name} ` : "", h("b", {}, String(value)))));
}

function card(title, ...children) {
  return h("section", { class: "card" }, h("h2", {}, title), children);
}

function share(part, whole) {
  const bar = h("i", { class: "share" });
  bar.style.width = `${whole ? (100 * part) / whole : 0}%`;
  return bar;
}

// Overview.

const RANGES = [["1", "24 hours"], ["7", "7 days"], ["30", "30 days"], ["", "All"]];

const overview = {
  title: "Overview",
  async load(route) {
    const days = route.values.get("days") ?? "7";
    const [models, dates, recent] = await Promise.all([
      ask("stats", { days, by: "model" }),
      ask("stats", { days: days || "365", by: "day" }),
      ask("sessions", { days: days || null, limit: 10 }),
    ]);
    return { days, models: models.data, dates: dates.data, recent: recent.data };
  },
  render({ days, models, dates, recent }) {
    const total = models.total;
    const choose = RANGES.map(([value, name]) => h("button", {
      type: "button", aria: { pressed: String(value === days) },
      onclick: () => { location.hash = `#/?days=${value}`; },
    }, name));
    const figure = (value, name, kind) => h("div", { class: "card" }, h("b", { class: kind || "" }, value), h("span", {}, name));
    return [
      h("div", { class: "row" }, h("h1", {}, "Overview"), h("div", { class: "row choice" }, choose)),
      h("div", { class: "cards" },
        figure(count(total.sessions), "sessions"),
        figure(count(total.requests), "requests"),
        figure(brief(total.total_tokens), "tokens"),
        figure(dollars(total.cost_usd, total.unpriced_count), "list price"),
        figure(count(total.failures), "failed requests", total.failures ? "bad" : ""),
        figure(lasted(total.first_token.median_ms), "to the first token, median"),
      ),
      h("div", { class: "halves" }, card("Tokens by day", days_chart(dates.groups)), card("Models", model_table(models))),
      h("div", { class: "halves" }, card("Tools", tool_table(models.tools)), card("Latest sessions", session_table(recent, true))),
    ];
  },
};

function days_chart(groups) {
  if (!groups.length) return h("p", { class: "empty" }, "Nothing yet.");
  const most = Math.max(...groups.map((group) => group.figures.total_tokens), 1);
  const bars = groups.map(({ key, figures }) => {
    const bar = h("i", { title: `${key}: ${count(figures.total_tokens)} tokens, ${count(figures.requests)} requests, ${dollars(figures.cost_usd, figures.unpriced_count)}` });
    bar.style.height = `${(100 * figures.total_tokens) / most}%`;
    return bar;
  });
  return [
    h("div", { class: "bars", role: "img", aria: { label: `Tokens by day, at most ${count(most)}` } }, bars),
    h("div", { class: "ends" }, h("span", {}, groups[0].key), h("span", {}, groups[groups.length - 1].key)),
  ];
}

function model_table({ groups, total }) {
  const rows = groups.map(({ key, figures }) => h("tr", {},
    h("td", {}, key === null ? "unknown" : cut(key, 40), share(figures.total_tokens, total.total_tokens)),
    h("td", { class: "number" }, count(figures.requests)),
    h("td", { class: "number" }, brief(figures.total_tokens)),
    h("td", { class: "number" }, dollars(figures.cost_usd, figures.unpriced_count)),
  ));
  return table([["model"], ["requests", "number"], ["tokens", "number"], ["cost", "number"]], rows, "Nothing yet.");
}

function tool_table(tools) {
  const rows = tools.slice(0, 20).map((tool) => h("tr", {},
    h("td", {}, cut(tool.tool, 40)),
    h("td", { class: "number" }, count(tool.calls)),
    h("td", { class: `number ${tool.errors ? "bad" : "soft"}` }, count(tool.errors)),
    h("td", { class: "number" }, lasted(tool.time.median_ms)),
  ));
  return table([["tool"], ["calls", "number"], ["errors", "number"], ["median", "number"]], rows, "No tool was called.");
}

// Sessions.

function session_table(sessions, isShort) {
  const headings = [["began"], ["last prompt"], ["model"], ["turns", "number"], ["tokens", "number"], ["cost", "number"], [""]];
  const keep = isShort ? [0, 1, 4, 6] : headings.map((_, at) => at);
  const rows = sessions.map((session) => {
    const href = sessionLink(session.session_id);
    const cells = [
      h("td", {}, h("a", { href }, clock(session.started_at))),
      h("td", { class: "wide" }, cut(session.request_text, isShort ? 70 : 140) || h("span", { class: "soft" }, session.session_id)),
      h("td", {}, cut(session.model_used || session.model_requested || "", 32)),
      h("td", { class: "number" }, count(session.turn_count)),
      h("td", { class: "number" }, brief(session.total_tokens)),
      h("td", { class: "number" }, dollars(session.cost_usd, session.unpriced_count)),
      h("td", { class: session.success ? "good" : "bad" }, session.success ? "ok" : "failed"),
    ];
    return linked(href, keep.map((at) => cells[at]));
  });
  return table(keep.map((at) => headings[at]), rows, "No session.");
}

const FILTERS = [
  { name: "text_search", label: "with the words", type: "search" },
  { name: "model", label: "model" },
  { name: "tool", label: "tool" },
  { name: "project", label: "project" },
  { name: "days", label: "active in", options: [["", "any time"], ["1", "24 hours"], ["7", "7 days"], ["30", "30 days"]] },
  { name: "success", label: "outcome", options: [["", "any"], ["true", "all answered"], ["false", "something failed"]] },
  { name: "sort", label: "order", options: [["", "newest"], ["oldest", "oldest"], ["tokens", "most tokens"], ["duration", "longest"], ["cost", "dearest"]] },
];

const list = {
  title: "Sessions",
  async load(route) {
    const values = Object.fromEntries(FILTERS.map(({ name }) => [name, route.values.get(name) || ""]));
    const limit = Math.min(Number(route.values.get("show")) || PAGE, MOST);
    const { data, total } = await ask("sessions", { ...values, limit });
    return { values, limit, sessions: data, total };
  },
  render({ values, limit, sessions, total }) {
    const set = (more) => {
      const query = new URLSearchParams(Object.entries({ ...values, ...more }).filter(([, value]) => value));
      location.hash = `#/sessions?${query}`;
    };
    const inputs = FILTERS.map(({ name, label, type, options }) => {
      const onchange = (event) => set({ [name]: event.target.value });
      if (!options) return h("input", { type: type || "text", name, placeholder: label, value: values[name], onchange, spellcheck: false, aria: { label } });
      const choices = options.map(([value, word]) => h("option", { value, selected: value === values[name] }, word));
      return h("select", { name, onchange, title: label, aria: { label } }, choices);
    });
    const more = sessions.length === limit && limit < MOST && h("button", { type: "button", onclick: () => set({ show: String(limit + 2 * PAGE) }) }, "Show more");
    return [
      h("div", { class: "row" }, h("h1", {}, "Sessions"), h("span", { class: "soft" }, `${sessions.length} of ${total}`)),
      h("div", { class: "row" }, inputs),
      h("div", { class: "card" }, session_table(sessions, false)),
      h("p", { class: "row" }, more || ""),
    ];
  },
};

// One session.

const NAMES = { system: "system", prompt: "prompt", answer: "answer", thinking: "thinking", tool_output: "result of a tool", error: "error" };
const OPEN = new Set(["prompt", "answer", "error"]);

const session = {
  title: "Session",
  async load(route, before) {
    const path = sessionPath(route.id);
    const { data } = await ask(path);
    const key = JSON.stringify(data.turns);
    const isRunning = data.turns.some((turn) => turn.outcome === "open");
    const isSame = before && before.detail.session_id === data.session_id && before.key === key && !isRunning;
    if (isSame) return { ...before, detail: data };
    const [talk, timeline, tools] = await Promise.all([ask(`${path}/conversation`), ask(`${path}/timeline`), ask(`${path}/tools`)]);
    return { detail: data, key, talk: talk.data, timeline: timeline.data, tools: tools.data };
  },
  render({ detail, talk, timeline, tools }, kept) {
    const spoken = new Map(talk.map((each) => [each.exchange_id, each]));
    const failed = detail.turns.filter((turn) => turn.outcome !== "answered").length;
    const turns = detail.turns.map((turn, at) => {
      const said = spoken.get(turn.id) || { texts: [], calls: [] };
      return again(kept, turn.id, JSON.stringify([at, turn, said]), () => turn_part(detail.session_id, at + 1, turn, said));
    });
    return [
      h("div", { class: "row" }, h("h1", {}, cut(detail.request_text, 160) || detail.session_id), exports(detail.session_id), deletion(detail)),
      facts([
        ["session", detail.session_id], ["began", clock(detail.started_at)],
        ["lasted", lasted(detail.total_duration_ms)], ["model", detail.model_used || detail.model_requested],
        ["turns", count(detail.turn_count)], ["tokens", count(detail.total_tokens)],
        ["input", count(detail.input_tokens)], ["cache read", count(detail.cache_read_tokens)],
        ["cache write", count(detail.cache_creation_tokens)], ["output", count(detail.output_tokens)],
        ["thinking", count(detail.thinking_tokens + detail.reasoning_tokens)],
        ["cost", dollars(detail.cost_usd, detail.unpriced_count)], ["failed", failed || null],
        ...Object.entries(detail.metadata || {}),
      ]),
      h("div", { class: "halves" },
        again(kept, "timeline", JSON.stringify(timeline), () => card("Timeline", timeline_part(timeline))),
        again(kept, "tools", JSON.stringify(tools), () => card("Tools", tools_part(tools)))),
      h("p", { class: "soft" }, "A text that came back in a later request stands where it came first."),
      turns,
    ];
  },
};

// What did not change stays as it is, with what the reader has opened in it.
function again(kept, name, key, make) {
  const known = kept.get(name);
  if (known && known.key === key) return known.part;
  const part = make();
  kept.set(name, { key, part });
  return part;
}

function exports(id) {
  if (settings.export !== "true") return "";
  const formats = [["html", "HTML"], ["markdown", "Markdown"], ["json", "JSON"], ["jsonl", "JSONL"], ["har", "HAR"], ["curl", "curl"]];
  return h("select", {
    aria: { label: "Export" },
    onchange(event) {
      if (event.target.value) location.assign(`${sessionPath(id)}/export?format=${event.target.value}`);
      event.target.value = "";
    },
  }, h("option", { value: "" }, "Export…"), formats.map(([value, name]) => h("option", { value }, name)));
}

function deletion(detail) {
  if (settings.delete !== "true") return "";
  return h("button", { type: "button", class: "danger", async onclick() {
    const words = `Delete this session for good, with its subagents, files and ${count(detail.request_count)} requests?`;
    if (!confirm(words)) return;
    const answer = await fetch(sessionPath(detail.session_id), { method: "DELETE" });
    if (answer.ok) { location.hash = "#/sessions"; return; }
    state.textContent = (await answer.json()).error.message;
    state.className = "bad";
  } }, "Delete");
}

function turn_part(id, number, turn, said) {
  const isRunning = turn.outcome === "open";
  const kind = isRunning ? "running" : turn.outcome === "answered" ? "" : "failed";
  const tokens = ["input", "cache_read", "cache_creation", "output", "thinking", "reasoning", "audio_input", "audio_output"].reduce((sum, name) => sum + turn[`${name}_tokens`], 0);
  return h("article", { class: `turn ${kind}` },
    facts([
      ["", `#${number}`], ["", clock(turn.started_at)], ["", turn.model_used || turn.model_requested || turn.endpoint],
      ["", turn.status], ["", isRunning ? "running" : turn.outcome], ["", turn.stop_reason],
      ["lasted", turn.ended_us === null ? null : lasted(turn.ended_us / 1000)],
      ["first token", turn.first_token_us === null ? null : lasted((turn.first_token_us - (turn.first_byte_up_us || 0)) / 1000)],
      ["tokens", tokens ? count(tokens) : null], ["cost", tokens ? dollars(turn.cost_usd, turn.cost_usd === null ? 1 : 0) : null],
      ["agent", turn.agent], ["retry", turn.retry || null],
    ]),
    turn.error_text ? text_part("error", "error", turn.error_text) : "",
    said.texts.filter((text) => text.kind in NAMES && text.kind !== "error").map((text) => text_part(text.kind, `${NAMES[text.kind]}${text.kind === "prompt" ? "" : ` (${text.role})`}`, text.text)),
    said.calls.map((call) => text_part("tool_input", `tool ${call.tool}`, pretty(call.arguments), call_note(call))),
    raw_part(id, turn),
  );
}

function call_note(call) {
  if (call.result_ms === null) return "no result yet";
  const word = call.is_error === null ? "result" : call.is_error ? "failed" : "succeeded";
  return `${word} after ${lasted(call.result_ms)}`;
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function text_part(kind, name, text, note) {
  const shown = h("pre", {}, text.slice(0, LONG));
  const part = h("details", { class: "text", open: OPEN.has(kind), data: { kind } },
    h("summary", {}, name, note ? ` · ${note}` : "", OPEN.has(kind) ? "" : h("em", {}, ` — ${cut(text.slice(0, 400), 110)}`)), shown);
  if (text.length > LONG) {
    const all = h("button", { type: "button", class: "plain", onclick: () => { shown.textContent = text; all.remove(); } }, `Show all ${count(text.length)} characters`);
    part.append(all);
  }
  return part;
}

function raw_part(id, turn) {
  const button = (part, name) => h("button", { type: "button", class: "plain", async onclick(event) {
    const answer = await fetch(`${sessionPath(id)}/raw/${encodeURIComponent(turn.id)}?part=${part}`);
    const body = await answer.text();
    const text = answer.ok ? pretty(body) : JSON.parse(body).error.message;
    const places = answer.headers.get("x-lunaroute-redacted");
    const note = [places && `redacted when it was recorded: bytes ${cut(places, 200)}`, answer.headers.get("x-lunaroute-truncated") && "only its beginning was kept"].filter(Boolean).join("; ");
    event.target.replaceWith(text_part(answer.ok ? "answer" : "error", name, text, note));
  } }, name);
  return h("div", { class: "row" }, button("request", "Raw request"), turn.streaming ? "" : button("answer", "Raw answer"));
}

function timeline_part(events) {
  if (!events.length) return h("p", { class: "empty" }, "Nothing happened.");
  const shown = events.slice(-60);
  const start = Math.min(...shown.map((event) => when(event.at).getTime()));
  const end = Math.max(...shown.map((event) => when(event.at).getTime() + (event.duration_ms || 0)), start + 1);
  const lanes = shown.map((event) => {
    const isTool = event.type === "tool_call";
    const isBad = isTool ? event.is_error : event.outcome !== "answered";
    const bar = h("i", { class: `${isTool ? "tool" : ""} ${isBad ? "failed" : ""}` });
    bar.style.left = `${(100 * (when(event.at).getTime() - start)) / (end - start)}%`;
    bar.style.width = `${(100 * (event.duration_ms || 0)) / (end - start)}%`;
    const name = isTool ? event.tool : event.model || event.endpoint || "request";
    return h("div", { title: clock(event.at) }, h("span", {}, name), h("span", { class: "lane" }, bar), h("span", { class: "soft" }, lasted(event.duration_ms)));
  });
  const left = events.length - shown.length;
  return [left ? h("p", { class: "soft" }, `The last ${shown.length}; ${count(left)} before.`) : "", h("div", { class: "timeline" }, lanes)];
}

function tools_part(tools) {
  const rows = tools.map((tool) => h("tr", {},
    h("td", {}, cut(tool.tool, 40)), h("td", { class: "number" }, count(tool.calls)),
    h("td", { class: `number ${tool.errors ? "bad" : "soft"}` }, count(tool.errors)),
    h("td", { class: "number" }, lasted(tool.result_ms_median)), h("td", { class: "number" }, lasted(tool.result_ms_mean))));
  return table([["tool"], ["calls", "number"], ["errors", "number"], ["median", "number"], ["mean", "number"]], rows, "No tool was called.");
}

// Search.

const search = {
  title: "Search",
  async load(route) {
    const q = route.values.get("q") || "";
    return { q, hits: q ? (await ask("search", { q, limit: 100 })).data : [] };
  },
  render({ q, hits }) {
    const rows = hits.map((hit) => h("a", { class: "hit", href: sessionLink(hit.session_id) },
      h("span", { class: "soft" }, [clock(hit.started_at), hit.role, hit.kind.replace("_", " "), hit.model, hit.outcome === "answered" ? "" : hit.outcome].filter(Boolean).join(" · ")),
      h("p", {}, marked(hit.snippet, hit.matches))));
    return [
      h("div", { class: "row" }, h("h1", {}, `Search: ${q}`), h("span", { class: "soft" }, `${hits.length}${hits.length === 100 ? " or more" : ""} texts`)),
      h("div", { class: "card" }, rows.length ? rows : h("p", { class: "empty" }, "Nothing found.")),
    ];
  },
};

// The matches stand in the snippet in this order.
function marked(snippet, matches) {
  const parts = [];
  let at = 0;
  for (const match of matches) {
    const found = snippet.indexOf(match, at);
    if (found < 0) break;
    parts.push(snippet.slice(at, found), h("mark", {}, match));
    at = found + match.length;
  }
  return [...parts, snippet.slice(at)];
}

// Where we are, and keeping it fresh.

function here() {
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const values = new URLSearchParams(query || "");
  const found = /^\/session\/(.+)$/.exec(path);
  if (found) return { view: session, id: decodeURIComponent(found[1]), values };
  if (path === "/sessions") return { view: list, values };
  if (path === "/search") return { view: search, values };
  return { view: overview, values };
}

let turn = 0; // counts what was begun: an answer that comes too late is not shown
let shown = { key: null, data: null, kept: new Map() };
let timer = 0;

async function show(isNew) {
  const mine = ++turn;
  const began = performance.now();
  clearTimeout(timer);
  try {
    const route = here();
    if (isNew) shown = { key: null, data: null, kept: new Map() };
    const data = await route.view.load(route, shown.data);
    if (mine !== turn) return;
    const key = JSON.stringify(data);
    // Somebody who types or chooses here is not to lose it.
    const isBusy = main.contains(document.activeElement) && /^(INPUT|SELECT)$/.test(document.activeElement.tagName);
    if (key !== shown.key && (isNew || !isBusy)) {
      main.replaceChildren(...route.view.render(data, shown.kept).flat().filter((part) => part !== ""));
      shown = { ...shown, key, data };
    }
    if (isNew) {
      document.title = `${route.view.title} · LunaRoute`;
      for (const link of document.querySelectorAll("nav a")) {
        if ((link.hash === "#/sessions") === (route.view === list || route.view === session) && route.view !== search) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      scrollTo(0, 0);
    }
    state.textContent = "live";
    state.className = "";
  } catch (error) {
    if (mine !== turn) return;
    state.textContent = error.message;
    state.className = "bad";
    if (isNew) main.replaceChildren(h("p", { class: "empty" }, error.message));
  }
  // What takes long is asked for less often: a tenth of the time at most.
  const pause = Math.max(refreshMs, 10 * (performance.now() - began));
  if (!document.hidden) timer = setTimeout(show, pause, false);
}

document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const q = event.target.elements.q.value.trim();
  if (q) location.hash = `#/search?${new URLSearchParams({ q })}`;
});
document.addEventListener("keydown", (event) => {
  const field = document.querySelector("#find input");
  if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); field.focus(); }
  if (event.key === "Escape" && event.target === field) field.blur();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) show(false); });
addEventListener("hashchange", () => show(true));
show(true);
