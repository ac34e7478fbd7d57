// Classifies a picture with a program of `mtc package`. Both come from the page's fields, or by the page's address:
// index.html?program=model.mtp&picture=cat.jpg
//
// What the program's metadata say is used where they say it: `labels`, one a line; `mean` and `std` of the channels,
// which are else those of ImageNet.

import { Runtime } from "../mtc.mjs";

const element = (id) => document.getElementById(id);
const runtime = Runtime.load(new URL("../mtc.wasm", import.meta.url));
let session = null;
let program = null;

function numbers(key, otherwise) {
  const text = program.metadata(key);
  return text === null ? otherwise : text.split(/[\s,]+/).map(Number);
}

async function useProgram(bytes) {
  const loaded = (await runtime).load(new Uint8Array(bytes));
  session?.destroy();
  program?.destroy();
  program = loaded;
  session = program.session();
}

// The picture as [1, 3, height, width], its middle in full.
function pixels(picture, [, , height, width]) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const scale = Math.max(width / picture.naturalWidth, height / picture.naturalHeight);
  const [w, h] = [picture.naturalWidth * scale, picture.naturalHeight * scale];
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  const { data } = context.getImageData(0, 0, width, height);
  const mean = numbers("mean", [0.485, 0.456, 0.406]);
  const std = numbers("std", [0.229, 0.224, 0.225]);
  const plane = width * height;
  return Float32Array.from({ length: 3 * plane }, (_, i) => {
    const channel = Math.floor(i / plane);
    return (data[4 * (i % plane) + channel] / 255 - mean[channel]) / std[channel];
  });
}

function softmax(scores) {
  const most = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

function classify() {
  const picture = element("shown");
  if (session === null || picture.naturalWidth === 0) return;
  const [input] = program.inputs();
  const began = performance.now();
  const outputs = session.run({ [input.name]: pixels(picture, input.dims) });
  const took = performance.now() - began;
  const scores = softmax(Array.from(Object.values(outputs)[0].data));
  const labels = program.metadata("labels")?.split("\n") ?? [];
  const best = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, 5);
  const rows = best.map((index) => {
    const row = document.createElement("tr");
    for (const text of [labels[index] ?? `class ${index}`, `${(100 * scores[index]).toFixed(1)} %`]) {
      row.insertCell().textContent = text;
    }
    return row;
  });
  element("answer").replaceChildren(...rows);
  element("time").textContent = `${took.toFixed(1)} ms`;
}

async function attempt(action) {
  element("error").textContent = "";
  try {
    await action();
  } catch (error) {
    element("error").textContent = error.message;
  }
}

async function show(url) {
  element("shown").src = url;
  await element("shown").decode();
  classify();
}

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

element("program").addEventListener("change", ({ target }) =>
  attempt(async () => {
    await useProgram(await target.files[0].arrayBuffer());
    classify();
  }));
element("picture").addEventListener("change", ({ target }) =>
  attempt(() => show(URL.createObjectURL(target.files[0]))));

const given = new URLSearchParams(location.search);
await attempt(async () => {
  if (given.has("program")) await useProgram(await fetched(given.get("program")));
  if (given.has("picture")) await show(given.get("picture"));
});
document.body.dataset.state = "ready";
