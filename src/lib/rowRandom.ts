import type { Random } from "../domain/ports.js";

/** Weyl sequence step and mixing of splitmix32: a few multiplications a draw, equal on every machine. */
const STEP = 0x9e3779b9;

/** Random numbers that are always the same for a place in a log: what is drawn there once is drawn there again. */
export function randomOfRow(seq: number): Random {
  let state = (mix(Math.floor(seq / 2 ** 32)) ^ seq) >>> 0;
  return () => {
    state = (state + STEP) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
