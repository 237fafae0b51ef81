// What a worker can draw with. WASM on one thread works everywhere. WebGPU is for a real graphics
// card: one that software imitates took 65 to 200 times as long as WASM. More threads need a page
// that its host isolates (CONTRIBUTING, "Publishing"), and are taken only when asked for.

import { Failure } from "./failure.js";

const IMITATED = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;
const MOST_THREADS = 4; // pictures of 128 px leave little to share

// What the runtime makes its shaders by; a device has the least of each unless asked for more.
const LIMITS = [
  ...["maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage"],
  ...["maxComputeWorkgroupStorageSize", "maxComputeInvocationsPerWorkgroup"],
  ...["maxComputeWorkgroupSizeX", "maxComputeWorkgroupSizeY", "maxComputeWorkgroupSizeZ"],
];

/**
 * Returns what to draw with: {name, offers, adapter, threads, runtime}. `offers` names all that can
 * be asked for, with the one that is taken unasked in front; `wanted` is taken where it is among
 * them. `any` takes an imitated graphics card for a real one.
 */
export async function backend({ runtimes, wanted, any }) {
  const adapter = runtimes.webgpu ? await adapterOf(any) : null;
  const most = globalThis.crossOriginIsolated
    ? Math.min(navigator.hardwareConcurrency ?? 1, MOST_THREADS)
    : 1;
  const offers = [...(adapter ? ["webgpu"] : []), "wasm", ...(most > 1 ? ["threads"] : [])];
  const name = offers.includes(wanted) ? wanted : offers[0];
  const threads = name === "threads" ? most : 1;
  return { name, offers, adapter, most, threads, runtime: runtimes[name] ?? runtimes.wasm };
}

/** Returns a graphics card that WebGPU gives and that is none in software, or null. */
export async function adapterOf(any, gpu = navigator.gpu) {
  // The runtime's files for WebGPU are those that wait by JSPI: 2.5 MB less than those for others.
  if (!gpu || !("Suspending" in WebAssembly)) return null;
  const adapter = await gpu.requestAdapter().catch(() => null);
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter?.info ?? {};
  const told = [vendor, architecture, device, description].join(" ");
  const real = adapter?.info && !isFallbackAdapter && !IMITATED.test(told);
  return real || any ? adapter : null;
}

/** Returns a device of an adapter; `lost(reason)` hears of its end. */
export async function deviceOf(adapter, lost) {
  const most = (name) => [name, adapter.limits[name]];
  const requiredLimits = Object.fromEntries(LIMITS.map(most));
  const device = await adapter.requestDevice({ requiredLimits });
  device.lost.then(({ message }) => lost(new Failure("failed", `WebGPU: ${message}`)));
  return device;
}
