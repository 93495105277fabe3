// The screen: draws the frames of a film as they come, holds those it has seen, and asks for the next one.
// Everything that a visitor does with time (play, pause, step, speed, scrub) happens here, without the server's page script.

const PACE = 110; // ms between frames at speed 1
const ROOM = 48e6; // characters of frames held for scrubbing
const NEAR = 200; // pixels out of sight in which panels are drawn all the same
const SPEEDS = [0.5, 1, 2, 4, 8];
const KINDS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array };

let plotly;
function loadPlotly(base) {
  plotly ||= window.Plotly ? Promise.resolve(window.Plotly) : new Promise((done, fail) => {
    const tag = document.createElement("script");
    tag.src = `${base}/plotly.js`;
    tag.onload = () => done(window.Plotly);
    tag.onerror = () => fail(new Error("Plotly's script did not load"));
    document.head.appendChild(tag);
  });
  return plotly;
}

// ---------------------------------------------------------------- frames
function decoded({ dtype, bdata, shape }) {
  const bytes = Uint8Array.from(atob(bdata), (c) => c.charCodeAt(0));
  const flat = new KINDS[dtype](bytes.buffer);
  if (!shape) return flat;
  const [rows, columns, deep] = shape.split(",").map(Number);
  if (deep) return Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => flat.subarray((i * columns + j) * deep, (i * columns + j + 1) * deep)));
  return Array.from({ length: rows }, (_, i) => flat.subarray(i * columns, (i + 1) * columns));
}

function revived(value, blobs) {
  if (Array.isArray(value)) return value.map((v) => revived(v, blobs));
  if (value && typeof value === "object") {
    if (value.$) return blobs.get(value.$);
    for (const k in value) value[k] = revived(value[k], blobs);
  }
  return value;
}

function names(value, found = new Set()) {
  if (Array.isArray(value)) value.forEach((v) => names(v, found));
  else if (value && typeof value === "object") { if (value.$) found.add(value.$); else for (const k in value) names(value[k], found); }
  return found;
}

// Unchanged arrays are the very same objects in both frames: they cost no memory twice, and Plotly sees that nothing changed.
function unpacked(frame, before) {
  const used = names(frame.scene.panels), blobs = new Map();
  for (const name of used) blobs.set(name, name in frame.blobs ? decoded(frame.blobs[name]) : before.get(name));
  return { scene: { ...frame.scene, panels: frame.scene.panels.map((p) => ({ ...p, says: JSON.stringify(p), figure: revived(p.figure, blobs) })) }, blobs };
}

// ---------------------------------------------------------------- looks
function palette(host) {
  const css = getComputedStyle(host), of = (n, d) => css.getPropertyValue(`--st-${n}`).trim() || d;
  return { text: of("text-color", "#222"), grid: of("border-color-light", "") || of("border-color", "#ccc"), paper: of("background-color", "#fff"), font: of("font", "sans-serif") };
}

function isDark(colour) { // a text colour is light on dark paper
  const [r, g, b] = colour.startsWith("#") ? [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)) : colour.match(/[\d.]+/g).map(Number);
  return r + g + b > 384;
}

function tinted(value, hues) { // the palette's hues exchanged; numbers are left as they are
  if (typeof value === "string") return hues[value] ?? value;
  if (Array.isArray(value)) return typeof value[0] === "number" || ArrayBuffer.isView(value[0]) ? value : value.map((v) => tinted(v, hues));
  if (value && typeof value === "object" && !ArrayBuffer.isView(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, tinted(v, hues)]));
  return value;
}

function dressed(layout, look, height) {
  const axis = { gridcolor: look.grid, zerolinecolor: look.grid, linecolor: look.grid, automargin: true, ticklabeloverflow: "allow" }; // margins make room for labels: no need to measure each again
  const out = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 56, r: 14, t: 12, b: 48 }, hovermode: "closest",
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, ...layout, height, uirevision: layout.uirevision ?? "keep",
    font: { size: 14, family: look.font, ...layout.font, color: look.text }, hoverlabel: { font: { family: look.font, size: 13 }, ...layout.hoverlabel } };
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((k) => /^[xy]axis\d*$/.test(k))])) {
    out[name] = { ...axis, ...layout[name] };
    if (name[0] === "y" && out[name].title?.text) out[name].title = { standoff: 8, ...out[name].title }; // beside the labels, however long they become
  }
  for (const name of Object.keys(layout).filter((k) => /^scene\d*$/.test(k))) {
    const deep = { color: look.text, gridcolor: look.grid, showbackground: false }, scene = { ...layout[name] };
    for (const a of ["xaxis", "yaxis", "zaxis"]) scene[a] = { ...deep, ...scene[a] };
    out[name] = scene;
  }
  return out;
}

const away = (cell) => cell.rvAway ?? (cell.getBoundingClientRect().top > innerHeight + NEAR); // before the browser has said so
const solid = (panel) => panel.figure.data.some((t) => /surface|3d/.test(t.type)); // slow without a GPU

const BODY = `
<div class="rv-bar" role="group">
  <button type="button" class="rv-play"></button>
  <button type="button" class="rv-back" >◀</button>
  <button type="button" class="rv-next">▶</button>
  <input type="range" class="rv-scrub">
  <output class="rv-at"></output>
  <label class="rv-fast"><span></span> <select class="rv-speed"></select></label>
  <button type="button" class="rv-link"></button>
</div>
<div class="rv-progress" hidden><div></div></div>
<p class="rv-error" role="alert" hidden></p>
<div class="rv-head"><p class="rv-says" aria-live="polite"></p><span class="rv-judge"></span></div>
<div class="rv-panels"></div>`;

class Screen {
  constructor(host) {
    this.host = host;
    host.innerHTML = BODY;
    for (const name of ["bar", "play", "back", "next", "scrub", "at", "speed", "link", "progress", "error", "says", "judge", "panels"]) this[name] = host.querySelector(`.rv-${name}`);
    this.frames = new Map(); // step -> {scene, size}
    this.blobs = new Map(); // of the last frame received; the server counts on exactly these
    this.number = 0;
    this.retry = 0;
    this.drawn = 0; // frames drawn, for whoever measures
    this.bind();
  }

  bind() {
    this.play.onclick = () => this.toggle();
    this.back.onclick = () => this.jump(this.step - this.data.every);
    this.next.onclick = () => this.jump(this.step + this.data.every);
    this.scrub.oninput = () => this.scrubbing(+this.scrub.value);
    this.scrub.onchange = () => this.jump(+this.scrub.value);
    this.speed.onchange = () => { this.fast = +this.speed.value; };
    this.link.onclick = () => this.copy();
    this.host.onkeydown = (e) => this.key(e);
    this.panels.addEventListener("pointerdown", (e) => { this.held = e; });
    this.up = (e) => { if (this.held) { this.pick(this.held, e); this.held = null; setTimeout(() => this.waiting && this.draw(), 150); } };
    addEventListener("pointerup", this.up);
    this.looked = () => { const now = JSON.stringify(palette(this.host)); if (now !== this.looks && this.shown) this.draw(true); };
    this.clock = setInterval(this.looked, 700); // the theme can change at any time, and says nothing
    this.sight = new IntersectionObserver((cells) => {
      for (const { target, isIntersecting } of cells) target.rvAway = !isIntersecting;
      if (this.shown && cells.some((c) => c.isIntersecting)) this.draw();
    }, { rootMargin: `${NEAR}px` });
  }

  update(component) {
    this.component = component;
    const { data } = component, fresh = !this.data || this.data.view !== data.view;
    this.data = data;
    this.words(data.words);
    this.scrub.min = 0; this.scrub.max = data.until; this.scrub.step = data.every;
    this.bar.hidden = data.until === 0;
    if (!fresh) return;
    this.frames.clear(); this.size = 0; this.pulling = null; this.fault(""); this.report(null);
    this.told = data.at ?? null;
    this.step = data.at ?? 0;
    this.playing = data.at == null && data.autoplay && data.until > 0;
    this.button();
    if (data.opening) { this.keep(0, data.opening); if (data.at == null || data.at === 0) this.show(0); }
    this.pull(this.playing ? this.following(0) : this.step);
  }

  words(w) {
    this.bar.setAttribute("aria-label", w.bar);
    this.back.title = w.back; this.back.setAttribute("aria-label", w.back);
    this.next.title = w.next; this.next.setAttribute("aria-label", w.next);
    this.scrub.setAttribute("aria-label", w.scrub);
    this.host.querySelector(".rv-fast span").textContent = w.speed;
    this.speed.setAttribute("aria-label", w.speed);
    this.link.textContent = w.link; this.link.title = w.linkHelp;
    if (!this.speed.options.length) for (const s of SPEEDS) this.speed.add(new Option(`×${s}`, s, s === 1, s === 1));
    this.fast ||= 1;
  }

  // ------------------------------------------------------------ time
  following(step) { const e = this.data.every; return Math.min(this.data.until, (Math.floor(step / e) + Math.max(1, this.fast)) * e); }
  toggle() { this.playing ? this.pause() : this.go(); }
  go() {
    if (this.step >= this.data.until) this.step = -this.data.every;
    this.playing = true; this.button(); this.tell(null); this.advance();
  }
  pause() { // what is on its way would move the picture on; surfaces that were skipped catch up
    this.playing = false; this.pulling = null; this.report(null); this.button(); this.tell(this.step);
    if (this.shown) this.draw();
  }
  jump(step) {
    this.playing = false; this.button();
    this.step = Math.max(0, Math.min(this.data.until, step));
    this.frames.has(this.step) ? this.show(this.step) : this.pull(this.step);
    this.tell(this.step);
  }
  scrubbing(step) { // while the thumb moves: the nearest frame that is here
    this.playing = false; this.button(); this.at.textContent = step;
    let best = null;
    for (const s of this.frames.keys()) if (best === null || Math.abs(s - step) < Math.abs(best - step)) best = s;
    if (best !== null) this.show(best, step);
  }
  advance() {
    if (!this.playing) return;
    const step = this.following(this.step);
    if (this.frames.has(step)) this.soon(step); else this.pull(step);
  }
  soon(step) { // not before the last frame has been seen for a while
    clearTimeout(this.timer);
    const wait = PACE / Math.min(1, this.fast) - (performance.now() - (this.since || 0));
    this.timer = setTimeout(() => { if (this.playing) requestAnimationFrame(() => this.playing && this.show(step)); }, Math.max(0, wait));
  }
  key(e) {
    if (e.target.tagName === "SELECT" || e.ctrlKey || e.metaKey || e.altKey) return;
    const onButton = e.target.tagName === "BUTTON", step = this.data.every;
    const act = { " ": () => !onButton && this.toggle(), ArrowLeft: () => this.jump(this.step - step), ArrowRight: () => this.jump(this.step + step), Home: () => this.jump(0), End: () => this.jump(this.data.until) }[e.key];
    if (act && !(e.key === " " && onButton)) { e.preventDefault(); act(); }
  }
  tell(step) { // null while playing; the page script runs once more, so only when it would learn something
    if (step === this.told) return;
    this.told = step; this.component.setStateValue("at", { view: this.data.view, step });
  }
  button() {
    const w = this.data.words, label = this.playing ? w.pause : w.play;
    this.play.textContent = this.playing ? "❚❚ " + label : "▶ " + label; this.play.setAttribute("aria-label", label);
  }
  async copy() {
    const url = new URL(location.href); url.searchParams.set("at", this.step);
    try { await navigator.clipboard.writeText(url); this.link.textContent = this.data.words.copied; }
    catch { prompt(this.data.words.linkHelp, url); }
    setTimeout(() => { this.link.textContent = this.data.words.link; }, 1500);
  }

  // ------------------------------------------------------------ frames
  open() {
    const base = new URL(`${this.data.base}/live`, location.href); base.protocol = base.protocol.replace("http", "ws");
    const socket = this.socket = new WebSocket(base);
    this.blobs = new Map();
    socket.onopen = () => { this.retry = 0; if (this.pulling) this.ask(); };
    socket.onmessage = (e) => this.heard(JSON.parse(e.data), e.data.length);
    socket.onclose = () => { if (!this.dead && socket === this.socket) setTimeout(() => !this.dead && this.open(), Math.min(5000, 250 * 2 ** this.retry++)); };
  }
  pull(step) { this.pulling = { id: ++this.number, view: this.data.view, step }; if (!this.socket) this.open(); else if (this.socket.readyState === 1) this.ask(); }
  ask() { this.socket.send(JSON.stringify(this.pulling)); }
  heard(said, size) {
    let scene;
    if (said.frame) ({ scene, blobs: this.blobs } = unpacked(said.frame, this.blobs)); // even a late answer: the server counts on it
    if (!this.pulling || said.id !== this.pulling.id) return;
    if (said.lost) { this.component.setTriggerValue("lost", this.data.view); return; }
    if (said.all) { this.report(said); return; }
    this.pulling = null; this.report(null);
    if (said.error) { this.playing = false; this.button(); this.fault(said.error); return; }
    this.fault("");
    this.hold(said.step, scene, size);
    this.playing ? this.soon(said.step) : this.show(said.step);
  }
  keep(step, frame) { const { scene } = unpacked(structuredClone(frame), new Map()); this.hold(step, scene, 50000); }
  hold(step, scene, size) {
    this.frames.set(step, { scene, size }); this.size = (this.size || 0) + size;
    for (const [s, f] of this.frames) { if (this.size <= ROOM) break; if (s !== step && s !== this.step) { this.frames.delete(s); this.size -= f.size; } }
  }
  report(said) { this.progress.hidden = !said; if (said) { this.progress.firstElementChild.style.width = `${(100 * said.done) / said.all}%`; this.progress.title = `${said.done} / ${said.all}`; this.at.textContent = `${said.done} / ${said.all}`; } }
  fault(text) { this.error.hidden = !text; this.error.textContent = text && `${this.data.words.broke} ${text}`; }

  show(step, label = step) {
    const frame = this.frames.get(step);
    if (!frame) return;
    this.step = label; this.since = performance.now(); this.shown = frame.scene;
    this.at.textContent = `${this.data.words.step} ${label} / ${this.data.until}`;
    if (document.activeElement !== this.scrub || this.playing) this.scrub.value = label;
    this.draw();
    if (!this.playing) return;
    if (step >= this.data.until) { this.playing = false; this.button(); this.tell(step); } else this.advance();
  }

  // ------------------------------------------------------------ drawing
  async draw(all) {
    if (this.drawing) { this.again = true; return; }
    this.drawing = true;
    try {
      const Plotly = await loadPlotly(this.data.base), scene = this.shown, look = palette(this.host);
      this.looks = JSON.stringify(look); this.host.style.colorScheme = isDark(look.text) ? "dark" : "light";
      this.says.textContent = scene.says;
      this.verdict(scene.judge);
      if (this.held) { this.waiting = true; return; } // never under a drag
      this.waiting = false;
      this.cells(scene.panels, Plotly);
      const flatFirst = scene.panels.map((_, i) => i).sort((a, b) => solid(scene.panels[a]) - solid(scene.panels[b]));
      for (const i of flatFirst) await this.panel(Plotly, this.panels.children[i], scene.panels[i], look, all);
      this.drawn++;
    } catch (error) { if (!this.dead) this.fault(String(error)); }
    finally { this.drawing = false; if (this.again && !this.dead) { this.again = false; requestAnimationFrame(() => this.draw()); } }
  }
  cells(panels, Plotly) { // all cells first, so that each plot measures its final width
    while (this.panels.children.length > panels.length) { Plotly.purge(this.panels.lastChild.querySelector(".rv-plot")); this.sight.unobserve(this.panels.lastChild); this.panels.lastChild.remove(); }
    while (this.panels.children.length < panels.length) {
      const cell = document.createElement("figure"); cell.className = "rv-cell";
      cell.innerHTML = `<figcaption></figcaption><div class="rv-plot" role="img"></div>`; this.panels.appendChild(cell); this.sight.observe(cell);
    }
    panels.forEach((p, i) => {
      const cell = this.panels.children[i]; cell.classList.toggle("rv-wide", p.wide);
      if (cell.firstChild.textContent !== p.title) cell.firstChild.textContent = p.title;
      cell.classList.toggle("rv-picks", this.data.picks.includes(p.title));
      cell.lastChild.setAttribute("aria-label", p.alt); cell.lastChild.style.minHeight = `${p.height}px`;
    });
  }
  async panel(Plotly, cell, panel, look, all) {
    const el = cell.lastChild, deep = solid(panel);
    if (this.playing && !all && this.step < this.data.until) { // what is skipped catches up at a pause, or when it is seen
      if (away(cell)) return;
      if (deep && performance.now() < (el.rvNext || 0)) return; // without a GPU a surface is slow: it skips frames, the rest do not
    }
    if (el.rvShown === panel.says + this.looks && el.rvWidth === el.clientWidth) return; // nothing in it has changed
    const began = performance.now(), file = panel.title.replace(/[^\p{L}\p{N}]+/gu, "-");
    const { data, layout } = isDark(look.text) ? tinted(panel.figure, this.data.onDark) : panel.figure;
    await Plotly.react(el, data, dressed(layout, look, panel.height), { displaylogo: false, responsive: true, toImageButtonOptions: { format: "svg", filename: file }, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] });
    el.rvShown = panel.says + this.looks; el.rvWidth = el.clientWidth;
    if (deep) requestAnimationFrame(() => { el.rvNext = performance.now() + 3 * (performance.now() - began); }); // the GPU's share comes after
  }
  pick(down, up) { // a click in a panel that the page listens to; Plotly forgets what is under the pointer at every redraw
    const cell = down.target.closest?.(".rv-picks"), full = cell?.lastChild._fullLayout;
    if (!full?.xaxis || Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) > 4) return;
    const box = cell.lastChild.getBoundingClientRect(), { xaxis, yaxis } = full;
    const across = up.clientX - box.left - xaxis._offset, below = up.clientY - box.top - yaxis._offset;
    const x = xaxis.p2d(across), y = yaxis.p2d(below);
    const inside = (v, [a, b]) => v >= Math.min(a, b) && v <= Math.max(a, b);
    if (!inside(xaxis.p2l(across), xaxis.range) || !inside(yaxis.p2l(below), yaxis.range)) return;
    this.component.setTriggerValue("picked", { panel: cell.firstChild.textContent, x, y, point: pointAt(cell.lastChild, across, below) });
  }
  verdict(judge) {
    this.judge.hidden = !judge;
    if (!judge) return;
    const w = this.data.words, size = judge.difference === null ? "∞" : judge.difference === 0 ? "0" : judge.difference.toExponential(1);
    this.judge.className = `rv-judge ${judge.agrees ? "rv-good" : "rv-bad"}`;
    this.judge.textContent = `${judge.agrees ? "✓" : "✗"} ${judge.compared}: ${w.difference} ${size}`;
    this.judge.title = `${judge.agrees ? w.agrees : w.differs} (${w.tolerance} ${judge.tolerance})`;
  }

  close() {
    this.dead = true; this.sight.disconnect(); clearInterval(this.clock); clearTimeout(this.timer); removeEventListener("pointerup", this.up);
    this.socket?.close();
    if (window.Plotly) for (const el of this.panels.querySelectorAll(".rv-plot")) window.Plotly.purge(el);
  }
}

function pointAt(el, across, down) { // customdata of the point nearest to a place in pixels, or null where none is near
  const { xaxis, yaxis } = el._fullLayout;
  let best = 15, found = null;
  for (const { x, y, customdata } of el._fullData) for (let i = 0; customdata && i < customdata.length; i++) {
    const far = Math.hypot(xaxis.d2p(x[i]) - across, yaxis.d2p(y[i]) - down);
    if (far < best) { best = far; found = customdata[i]; }
  }
  return found;
}

export const warm = ({ data }) => { loadPlotly(data.base); }; // while the visitor reads the first page

export function mount(component) {
  const host = component.parentElement.querySelector(".rv-screen");
  host.rv ||= new Screen(host);
  host.rv.update(component);
  return () => { // also called, under a living host, for an update that a newer one has overtaken
    if (host.isConnected) return;
    host.rv?.close(); host.rv = null;
  };
}
