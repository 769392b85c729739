// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tests, one after the other, reported in TAP.

const tests = [];

export function test (name, body)
{
  tests.push ({ name, body });
}

export async function run ()
{
  let failed = 0;
  console.log (`1..${tests.length}`);
  for (const [index, { name, body }] of tests.entries ()) {
    const began = Date.now ();
    try {
      await body ();
      console.log (`ok ${index + 1} - ${name} # ${Date.now () - began} ms`);
    } catch (error) {
      failed++;
      console.log (`not ok ${index + 1} - ${name}`);
      console.log (`${error.code ?? ''} ${error.stack}`.replace (/^/gm, '# '));
    }
  }
  return failed;
}

// Numbers that can be had again: the seed is printed, and taken from the environment.
export function makeRandom ()
{
  const seed = Number (process.env.PSYNC_TEST_SEED ?? Date.now () % 2 ** 31);
  let state = seed;
  console.log (`# PSYNC_TEST_SEED=${seed}`);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul (state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul (t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
