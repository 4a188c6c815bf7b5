/**
 * Country calling codes (ITU-T E.164) with the fewest and the most digits of a national number behind them. Where a country isn't
 * named by itself, 4 to 12 hold.
 */
const lengths: { readonly [code: string]: readonly [number, number] } = {
  1: [10, 10],
  7: [10, 10],
  20: [8, 10],
  27: [9, 9],
  30: [10, 10],
  31: [9, 10],
  32: [8, 9],
  33: [9, 9],
  34: [9, 9],
  36: [8, 9],
  39: [6, 11],
  40: [9, 9],
  41: [9, 9],
  43: [6, 13],
  44: [9, 10],
  45: [8, 8],
  46: [7, 10],
  47: [8, 8],
  48: [9, 9],
  49: [6, 12],
  51: [8, 9],
  52: [10, 11],
  53: [8, 8],
  54: [10, 11],
  55: [10, 11],
  56: [8, 9],
  57: [8, 10],
  58: [10, 10],
  60: [7, 10],
  61: [9, 9],
  62: [8, 12],
  63: [8, 10],
  64: [8, 10],
  65: [8, 8],
  66: [8, 9],
  81: [9, 10],
  82: [8, 10],
  84: [9, 10],
  86: [10, 11],
  90: [10, 10],
  91: [10, 10],
  92: [9, 10],
  93: [9, 9],
  94: [9, 9],
  95: [7, 10],
  98: [10, 10],
}

/** Of two or three digits, as they are assigned; a digit for each last digit. */
const areas: { readonly [beginning: string]: string } = {
  21: '12368',
  22: '0123456789',
  23: '0123456789',
  24: '0123456789',
  25: '012345678',
  26: '0123456789',
  29: '01789',
  35: '0123456789',
  37: '0123456789',
  38: '012356789',
  42: '013',
  50: '0123456789',
  59: '0123456789',
  67: '0123456789',
  68: '012356789',
  69: '012',
  80: '08',
  85: '02356',
  87: '0138',
  88: '0123468',
  96: '0123456789',
  97: '012345679',
  99: '2345678',
}

/** Of the digits behind a plus or an international prefix: how long the code is, and how many digits may follow it. */
export function callingCode(
  digits: string,
): { readonly length: number; readonly fewest: number; readonly most: number } | undefined {
  for (const length of [1, 2]) {
    const range = lengths[digits.slice(0, length)]
    if (range !== undefined && (length > 1 || digits.startsWith('1') || digits.startsWith('7')))
      return { length, fewest: range[0], most: range[1] }
  }
  return areas[digits.slice(0, 2)]?.includes(digits.charAt(2)) ? { length: 3, fewest: 4, most: 12 } : undefined
}
