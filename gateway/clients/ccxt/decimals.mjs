// Amounts are whole numbers of hundred-millionths, as exact as the exchange's own.

const one = 100_000_000n;

/** units reads a decimal, or a number that was one. */
export function units(decimal) {
  const text = typeof decimal === 'number' ? decimal.toFixed(8) : decimal;
  const [, sign, whole, part = ''] = /^(-?)(\d+)(?:\.(\d{1,8}))?$/.exec(text);
  const value = BigInt(whole) * one + BigInt(part.padEnd(8, '0'));
  return sign ? -value : value;
}

/** text writes an amount with eight decimals. */
export function text(amount) {
  const digits = String(amount < 0n ? -amount : amount).padStart(9, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** number is what a client makes of an amount. */
export const number = (amount) => Number(text(amount));

/** worth is what a quantity costs at a price. */
export const worth = (price, quantity) => price * quantity / one;

/** fee is a thousandth of what is received, rounded half up. */
export const fee = (received) => (received + 500n) / 1000n;
