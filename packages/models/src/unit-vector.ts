/** The vector at length 1; undefined when it has no direction. */
export function unitVector(vector: Float64Array): number[] | undefined {
  let squares = 0
  for (const value of vector) squares += value * value
  if (squares === 0) return undefined
  const scale = 1 / Math.sqrt(squares)
  const scaled: number[] = []
  for (const value of vector) scaled.push(value * scale)
  return scaled
}
