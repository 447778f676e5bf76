// Times a model of images in ONNX Runtime.
//
//   node onnx_runtime_latency.js --model=FILE --batch=1 --threads=2 --runs=100
//
// Needs npm's onnxruntime-node; NODE_PATH says where it is. The last line is a
// JSON object. --optimized=FILE saves the graph that runs, to see which nodes
// were joined. --resolution is for models that leave it open.
'use strict';
const {parseArgs} = require('util');

const WARM_UP_RUNS = 10;

function wholeNumber(name, text) {
  if (!/^[1-9][0-9]*$/.test(text)) {
    throw new Error(`--${name}=${text}: not a whole number above 0`);
  }
  return Number(text);
}

function parseOptions() {
  const text = {type: 'string'};
  const {values} = parseArgs({
    options: {
      model: text,
      batch: {...text, default: '1'},
      threads: {...text, default: '2'},
      runs: {...text, default: '100'},
      resolution: text,
      optimized: text,
    },
  });
  if (!values.model) throw new Error('--model=FILE is missing');
  for (const name of ['batch', 'threads', 'runs', 'resolution']) {
    if (values[name] !== undefined) {
      values[name] = wholeNumber(name, values[name]);
    }
  }
  return values;
}

// The shape of the images, [N,3,R,R]: the model's where it says one.
function inputShape(session, options) {
  const name = session.inputNames[0];
  // Older versions tell no shapes.
  const known = (session.inputMetadata || []).find((m) => m.name === name);
  const dims = (known && known.shape) || ['N', 3, 'R', 'R'];
  if (dims.length !== 4) {
    throw new Error(`input ${name} of shape [${dims}] takes no images`);
  }
  return dims.map((dim, i) => {
    // What is open is a name or a number below 0.
    const open = typeof dim !== 'number' || dim < 0;
    const wanted = i === 0 ? options.batch : i === 1 ? 3 : options.resolution;
    if (open && wanted === undefined) {
      throw new Error('the model has no resolution: give --resolution');
    }
    if (!open && wanted !== undefined && wanted !== dim) {
      throw new Error(`input ${name} of shape [${dims}] takes no ${wanted}`);
    }
    return open ? wanted : dim;
  });
}

// Fills a range as images do that were normalised, the same in each run.
function images(ort, shape) {
  const length = shape.reduce((a, b) => a * b);
  const values = Float32Array.from({length}, (_, i) => 2 * Math.sin(i * 0.7));
  return new ort.Tensor('float32', values, shape);
}

// The least value that `fraction` of the sorted values do not exceed.
function percentile(sorted, fraction) {
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
}

async function measure(session, feeds, runs) {
  const times = [];
  for (let i = 0; i < WARM_UP_RUNS + runs; ++i) {
    const start = process.hrtime.bigint();
    await session.run(feeds);
    const ms = Number(process.hrtime.bigint() - start) / 1e6;
    if (i >= WARM_UP_RUNS) times.push(ms);
  }
  return times.sort((a, b) => a - b);
}

async function main() {
  const options = parseOptions();
  const ort = require('onnxruntime-node');
  const session = await ort.InferenceSession.create(options.model, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Errors only: a warning says that a saved graph is for this processor.
    logSeverityLevel: 3,
    ...(options.optimized && {optimizedModelFilePath: options.optimized}),
  });
  const shape = inputShape(session, options);
  const feeds = {[session.inputNames[0]]: images(ort, shape)};
  const times = await measure(session, feeds, options.runs);
  const p50 = percentile(times, 0.5);
  const round = (value) => Number(value.toFixed(3));
  console.log(JSON.stringify({
    p50_ms: round(p50),
    p90_ms: round(percentile(times, 0.9)),
    min_ms: round(times[0]),
    images_per_s: round(shape[0] / p50 * 1000),
    batch: shape[0],
    threads: options.threads,
    onnxruntime: require('onnxruntime-node/package.json').version,
  }));
}

main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
