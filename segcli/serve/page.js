"use strict";
const $ = (id) => document.getElementById(id);
const SHOWN_PX = 1600; // longer side of the picture on the page
const PERCENT = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
let info = null;
let token = "";
let shown = null; // the prediction on the page
let asked = 0; // number of the last question: answers to others come too late
let point = null;

async function ask(path, options = {}) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch {
    throw new Error("The server does not answer. Is it still running?");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  const error = new Error(told.error || `The server answered with ${answer.status}.`);
  error.status = answer.status;
  throw error;
}

function tell(text) {
  $("status").textContent = text;
}

function fail(error) {
  tell("");
  $("error").hidden = !error;
  $("error").textContent = error ? error.message : "";
}

function made(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function counted(number, word) {
  return `${number} ${word}${number === 1 ? "" : word.endsWith("s") ? "es" : "s"}`;
}

async function start() {
  try {
    info = await (await ask("info")).json();
  } catch (error) {
    $("entry").hidden = error.status !== 401;
    $("work").hidden = true;
    fail(error.status === 401 && !token ? null : error);
    if (error.status === 401) $("token").focus();
    return;
  }
  fail(null);
  $("entry").hidden = true;
  $("work").hidden = false;
  document.title = `${info.name} - segcli serve`;
  $("title").textContent = info.name;
  const size = info.size ? `${info.size[0]} × ${info.size[1]} pixels only` : null;
  const kind = info.image_mode === "native" ? counted(info.channels, "channel") : info.image_mode;
  $("about").textContent = ["segcli serve", info.task, counted(info.classes.length, "class"), kind, size, info.device]
    .filter(Boolean)
    .join(" · ");
  const most = info.limits;
  $("foot").textContent =
    `${info.formats.join(", ")}; at most ${Math.round(most.max_bytes / 2 ** 20)} MiB and ` +
    `${(most.max_pixels / 1e6).toFixed(1).replace(/\.0$/, "")} million pixels. Images stay on this server, which ` +
    `writes none to disk.${info.confidence ? "" : " This file tells no confidence: it returns labels only."}`;
  examples();
}

async function examples() {
  $("examples").hidden = !info.examples;
  $("thumbnails").replaceChildren();
  for (let number = 0; number < info.examples; number++) {
    try {
      const picture = await (await ask(`examples/${number}/thumbnail`)).blob();
      const button = made("button");
      const image = made("img");
      image.alt = `Example ${number + 1}`;
      image.src = URL.createObjectURL(picture);
      button.type = "button";
      button.append(image);
      button.addEventListener("click", async () => {
        try {
          predict(await (await ask(`examples/${number}`)).blob(), `example-${number + 1}`);
        } catch (error) {
          fail(error);
        }
      });
      const item = made("li");
      item.append(button);
      $("thumbnails").append(item);
    } catch {
      continue; // an example that is gone
    }
  }
}

async function predict(file, name) {
  const mine = ++asked;
  fail(null);
  if (!info) return;
  if (file.size > info.limits.max_bytes) {
    fail(new Error(`The file is too large: at most ${info.limits.max_bytes / 2 ** 20} MiB are taken.`));
    return;
  }
  tell("Predicting ...");
  $("stage").setAttribute("aria-busy", "true");
  try {
    let bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
    const query = new URLSearchParams({ confidence: info.confidence ? 1 : 0, picture: bitmap ? 0 : 1 });
    const start = performance.now();
    const options = { method: "POST", body: file, headers: { Accept: "application/json" } };
    const found = await (await ask(`predict?${query}`, options)).json();
    const whole = performance.now() - start;
    if (found.picture) bitmap = await createImageBitmap(blob(found.picture));
    const multilabel = Boolean(found.masks);
    const maps = await Promise.all((multilabel ? found.masks : [found.labels]).map(levels));
    const sure = found.confidence && (await Promise.all([found.confidence].flat().map(levels)));
    if (mine !== asked) return;
    const hidden = new Set(shown && shown.multilabel === multilabel ? shown.hidden : []);
    shown = { ...found, bitmap, name, whole, multilabel, maps, sure, hidden };
    point = null;
    show();
    tell("");
  } catch (error) {
    if (mine === asked) fail(error);
  } finally {
    if (mine === asked) $("stage").removeAttribute("aria-busy");
  }
}

function blob(base64) {
  return new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: "image/png" });
}

async function levels(base64) {
  const picture = await createImageBitmap(blob(base64), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(picture, 0, 0);
  const pixels = pen.getImageData(0, 0, picture.width, picture.height).data;
  const found = new Uint8Array(pixels.length / 4);
  for (let i = 0; i < found.length; i++) found[i] = pixels[4 * i];
  return found;
}

function show() {
  $("work").classList.add("shown");
  $("view").hidden = $("side").hidden = false;
  $("hint").textContent = `${shown.name} · ${shown.width} × ${shown.height}`;
  const pixels = shown.classes.map((each) => each.pixels);
  const order = [...pixels.keys()].sort((a, b) => pixels[b] - pixels[a]);
  $("classes").replaceChildren(...order.map(row));
  const seconds = (milliseconds) =>
    milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  const tiles = shown.tile ? `, in tiles of ${shown.tile}` : "";
  const own = `${seconds(shown.milliseconds)} on the server${tiles}`;
  $("times").textContent = `${own}, ${seconds(shown.whole)} with the way there and back`;
  $("downloads").replaceChildren(
    ...(shown.multilabel
      ? order.filter((index) => pixels[index]).map((index) => [shown.classes[index].name, shown.masks[index]])
      : [["Class indices", shown.labels]]
    ).map(([name, content]) => download(`${name} (PNG)`, name, () => blob(content))),
    download("Overlay (PNG)", "overlay", () => draw(new OffscreenCanvas(shown.width, shown.height)).convertToBlob()),
  );
  refresh();
  read(null);
}

function row(index) {
  const { name, share, pixels } = shown.classes[index];
  const item = made("li");
  const label = made("label", pixels ? "" : "absent");
  const box = made("input");
  const swatch = made("span", "swatch");
  box.type = "checkbox";
  box.checked = !shown.hidden.has(index);
  box.dataset.index = index;
  box.addEventListener("change", () => {
    if (box.checked) shown.hidden.delete(index);
    else shown.hidden.add(index);
    refresh();
  });
  swatch.style.background = info.classes[index].colour;
  const part = pixels && share < 0.0005 ? "< 0.1%" : PERCENT.format(share);
  label.append(box, swatch, made("span", "name", name), made("span", "share", part));
  item.append(label);
  return item;
}

function download(text, name, content) {
  const button = made("button", "", text);
  button.type = "button";
  button.addEventListener("click", async () => {
    const link = made("a");
    link.href = URL.createObjectURL(await content());
    link.download = `${shown.name.replace(/\.[^.]*$/, "")}-${name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  return button;
}

$("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  start();
});
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file) predict(file, file.name);
  $("file").value = "";
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  $("stage").classList.add("over-it");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("stage").classList.remove("over-it");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("stage").classList.remove("over-it");
  const [file] = event.dataTransfer.files;
  if (file) predict(file, file.name);
  else fail(new Error("That is no file; drop an image from your computer."));
});
document.addEventListener("paste", (event) => {
  const [file] = event.clipboardData.files;
  if (file) predict(file, file.name || "pasted");
});
$("opacity").addEventListener("input", refresh);
for (const [id, isHidden] of [["all", false], ["none", true]])
  $(id).addEventListener("click", () => {
    shown.hidden = new Set(isHidden ? shown.classes.keys() : []);
    for (const box of document.querySelectorAll("#classes input")) box.checked = !isHidden;
    refresh();
  });
$("canvas").addEventListener("pointermove", (event) => {
  const box = $("canvas").getBoundingClientRect();
  const x = Math.floor(((event.clientX - box.left) / box.width) * shown.width);
  const y = Math.floor(((event.clientY - box.top) / box.height) * shown.height);
  const isInside = x >= 0 && y >= 0 && x < shown.width && y < shown.height;
  read(isInside ? { x, y } : null);
});
$("canvas").addEventListener("pointerleave", () => read(point));
$("canvas").addEventListener("keydown", (event) => {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
  if (!dx && !dy) return;
  event.preventDefault();
  const step = Math.max(1, Math.round(Math.max(shown.width, shown.height) / (event.shiftKey ? 20 : 200)));
  const from = point || { x: shown.width >> 1, y: shown.height >> 1 };
  const within = (value, length) => Math.min(Math.max(value, 0), length - 1);
  point = { x: within(from.x + dx * step, shown.width), y: within(from.y + dy * step, shown.height) };
  refresh();
  read(point);
});
if (location.hash.startsWith("#token=")) {
  token = decodeURIComponent(location.hash.slice(7));
  history.replaceState(null, "", location.pathname);
}
start();
