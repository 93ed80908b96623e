// Reads a packed Snapshot (core/records.py): small arrays for the eye, with the facts about them.

const KINDS = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  u1: Uint8Array,
  i4: Int32Array,
  u4: Uint32Array,
};
const PREFIX = 8; // request id and run id before the snapshot

/**
 * @typedef {Object} Snapshot
 * @property {number} step
 * @property {number} epoch
 * @property {object} facts
 * @property {Map<string, {data: ArrayLike<number>, shape: number[]}>} arrays
 */

/**
 * The snapshot a binary frame holds; its arrays are views into the frame, nothing is copied.
 * @param {ArrayBuffer} frame
 * @returns {Snapshot}
 */
export function unpack(frame) {
  const length = new DataView(frame).getUint32(PREFIX, true);
  const start = PREFIX + 4 + length;
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, PREFIX + 4, length)));
  const arrays = new Map();
  for (const { name, dtype, shape, offset } of header.arrays) {
    const count = shape.reduce((product, size) => product * size, 1);
    arrays.set(name, { data: new KINDS[dtype](frame, start + offset, count), shape });
  }
  return { step: header.step, epoch: header.epoch, facts: header.facts, arrays };
}
