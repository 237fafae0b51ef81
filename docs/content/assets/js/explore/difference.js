// How far two pictures are apart, in grey levels of 255: the largest difference of any channel of
// any pixel, and the mean over all. With a picture of it, enlarged by as much as leaves 99 of 100
// below white.

const FACTORS = [32, 16, 8, 4, 2, 1];

// Draws the map into `canvas`. Returns {mean, largest, times}, or a sentence where there is none.
export async function difference(a, b, canvas) {
  try {
    await Promise.all([a.decode(), b.decode()]);
  } catch {
    return "A picture did not load.";
  }
  const size = ({ naturalWidth, naturalHeight }) => `${naturalWidth} × ${naturalHeight}`;
  if (size(a) !== size(b))
    return `One is ${size(a)} pixels, the other ${size(b)}: no pixel has its counterpart.`;
  if (!honest()) return "This browser does not let a page read pixels.";
  const [first, second] = [pixels(a), pixels(b)];
  const levels = new Array(256).fill(0);
  for (let i = 0; i < first.data.length; i += 4)
    for (let channel = i; channel < i + 3; channel++) {
      const apart = Math.abs(first.data[channel] - second.data[channel]);
      levels[apart] += 1;
      first.data[channel] = apart;
    }
  const { mean, largest, most } = summed(levels);
  const times = FACTORS.find((one) => one * most <= 255) ?? 1;
  for (let i = 0; i < first.data.length; i++) if (i % 4 < 3) first.data[i] *= times;
  Object.assign(canvas, { width: first.width, height: first.height });
  canvas.getContext("2d").putImageData(first, 0, 0);
  return { mean, largest, times };
}

// How many channels are this far apart → the mean, the largest, and what 99 of 100 stay below.
function summed(levels) {
  const count = levels.reduce((sum, one) => sum + one, 0);
  const mean = levels.reduce((sum, one, level) => sum + one * level, 0) / count;
  const largest = levels.findLastIndex((one) => one > 0);
  let below = 0;
  const most = levels.findIndex((one) => (below += one) >= 0.99 * count);
  return { mean, largest, most };
}

function pixels(image) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = sheet(width, height);
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, width, height);
}

// Some browsers answer with noise, so that no page can recognise its reader by a drawing.
function honest() {
  const context = sheet(1, 1);
  context.fillStyle = "rgb(11, 101, 211)";
  context.fillRect(0, 0, 1, 1);
  return String([...context.getImageData(0, 0, 1, 1).data]) === "11,101,211,255";
}

function sheet(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  return canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
}
