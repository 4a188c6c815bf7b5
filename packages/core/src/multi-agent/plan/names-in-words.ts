/** Of names, in a message. */
const mostNamed = 10

/** Names for a message: all, or the first ten and an ellipsis. */
export function namesInWords(names: readonly string[], separator = ', '): string {
  return (names.length > mostNamed ? [...names.slice(0, mostNamed), '…'] : names).join(separator)
}
