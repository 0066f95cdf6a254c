// Decimals with eight places, as whole numbers of the smallest unit.
export const scale = 100000000n;

// units reads a decimal.
export function units(text) {
  const found = /^(-?)(\d+)(?:\.(\d{1,8}))?$/.exec(text);
  if (!found) throw new Error(`${text} is not a decimal`);
  const n = BigInt(found[2]) * scale + BigInt((found[3] ?? '').padEnd(8, '0'));
  return found[1] ? -n : n;
}

// decimal writes a number of units.
export function decimal(n) {
  const m = n < 0n ? -n : n;
  return `${n < 0n ? '-' : ''}${m / scale}.${String(m % scale).padStart(8, '0')}`;
}

// times multiplies two numbers of units; half a unit is rounded up.
export function times(a, b) {
  return (a * b + scale / 2n) / scale;
}

// per divides two numbers of units, and cuts what is below a unit.
export function per(a, b) {
  return (a * scale) / b;
}
