// Runs the models of onnx_runtime_cases in ONNX Runtime and compares logits.
//
//   node onnx_runtime_check.js FOLDER
//
// A line a model and level of graph optimization. Fails where a top-1 differs,
// and where logits of a model that promises equal bits differ at all.
'use strict';
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');

const BATCH = 16;
const LEVELS = ['disabled', 'all'];

function floats(file) {
  const bytes = fs.readFileSync(file);
  return new Float32Array(bytes.buffer.slice(
      bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

function argmax(values) {
  let best = 0;
  values.forEach((v, i) => {
    if (v > values[best]) best = i;
  });
  return best;
}

async function run(session, images, shape, classes) {
  const size = shape[1] * shape[2] * shape[3];
  const logits = new Float32Array(shape[0] * classes);
  for (let n = 0; n < shape[0]; n += BATCH) {
    const count = Math.min(BATCH, shape[0] - n);
    const x = new ort.Tensor(
        'float32', images.slice(n * size, (n + count) * size),
        [count, shape[1], shape[2], shape[3]]);
    const out = (await session.run({images: x})).logits;
    if (out.dims[0] !== count || out.dims[1] !== classes) {
      throw new Error(`logits of shape ${out.dims}`);
    }
    logits.set(out.data, n * classes);
  }
  return logits;
}

function compare(actual, expected, images, classes) {
  const found = {images: 0, flips: 0, difference: 0, largest: 0};
  for (let n = 0; n < images; ++n) {
    const a = actual.subarray(n * classes, (n + 1) * classes);
    const e = expected.subarray(n * classes, (n + 1) * classes);
    let worst = 0;
    for (let k = 0; k < classes; ++k) {
      // NaN is a difference, too.
      const difference = a[k] === e[k] ? 0 : Math.abs(a[k] - e[k]);
      worst = difference <= worst ? worst : difference;
      found.largest = Math.max(found.largest, Math.abs(e[k]));
    }
    if (worst !== 0) ++found.images;
    found.difference = worst <= found.difference ? found.difference : worst;
    if (argmax(a) !== argmax(e)) ++found.flips;
  }
  return found;
}

async function main(folder) {
  const cases = JSON.parse(fs.readFileSync(path.join(folder, 'cases.json')));
  let failures = 0;
  for (const c of cases) {
    const images = floats(path.join(folder, c.images));
    const expected = floats(path.join(folder, c.logits));
    for (const level of LEVELS) {
      const session = await ort.InferenceSession.create(
          path.join(folder, c.model), {graphOptimizationLevel: level});
      const start = process.hrtime.bigint();
      const logits = await run(session, images, c.shape, c.classes);
      const ms = Number(process.hrtime.bigint() - start) / 1e6 / c.shape[0];
      const found = compare(logits, expected, c.shape[0], c.classes);
      const bad = found.flips > 0 || (c.exact && found.images > 0);
      failures += bad ? 1 : 0;
      console.log(
          `${bad ? 'FAILED' : 'ok'} ${c.model}, optimizations ${level}: ` +
          `top-1 differs on ${found.flips} of ${c.shape[0]} images, logits ` +
          `on ${found.images}, by at most ${found.difference.toExponential(2)}` +
          ` of ${found.largest.toFixed(2)}; ${ms.toFixed(2)} ms an image`);
      await session.release();
    }
  }
  console.log(`${cases.length} models, ONNX Runtime ${
      require('onnxruntime-node/package.json').version}, ${failures} failures`);
  if (cases.length === 0 || failures > 0) process.exit(1);
}

main(process.argv[2]).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
