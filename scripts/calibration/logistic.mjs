// Logistic regression by Newton's method, with a little of a ridge so that rare features don't run away.

const ridge = 0.0003

/**
 * @param rows {features, label (0 or 1), weight}
 * @returns {bias, [name]: weight}
 */
export function fitLogistic(rows, names) {
  const total = rows.reduce((sum, { weight }) => sum + weight, 0)
  const points = rows.map(({ features, label, weight }) => ({
    x: [1, ...names.map((name) => features[name])],
    label,
    weight: weight / total,
  }))
  const size = names.length + 1
  let weights = new Array(size).fill(0)
  for (let round = 0; round < 20; round++) {
    const gradient = weights.map((weight, at) => (at === 0 ? 0 : ridge * weight))
    const curvature = weights.map((_, row) => weights.map((_, column) => (row === column ? (row === 0 ? 1e-9 : ridge) : 0)))
    for (const { x, label, weight } of points) {
      const p = sigmoid(dot(x, weights))
      for (let row = 0; row < size; row++) {
        gradient[row] += weight * (p - label) * x[row]
        for (let column = 0; column < size; column++) curvature[row][column] += weight * p * (1 - p) * x[row] * x[column]
      }
    }
    const step = solve(curvature, gradient)
    weights = weights.map((weight, at) => weight - step[at])
  }
  return Object.fromEntries([['bias', weights[0]], ...names.map((name, at) => [name, weights[at + 1]])])
}

export function predict({ bias, ...weights }, features) {
  return sigmoid(Object.entries(weights).reduce((sum, [name, weight]) => sum + weight * features[name], bias))
}

function sigmoid(value) {
  return 1 / (1 + Math.exp(-value))
}

function dot(one, two) {
  return one.reduce((sum, value, at) => sum + value * two[at], 0)
}

/** Gauss–Jordan with pivots. */
function solve(matrix, right) {
  const rows = matrix.map((row, at) => [...row, right[at]])
  for (let at = 0; at < rows.length; at++) {
    let pivot = at
    for (let row = at; row < rows.length; row++) if (Math.abs(rows[row][at]) > Math.abs(rows[pivot][at])) pivot = row
    ;[rows[at], rows[pivot]] = [rows[pivot], rows[at]]
    for (let row = 0; row < rows.length; row++) {
      if (row === at) continue
      const factor = rows[row][at] / rows[at][at]
      for (let column = at; column <= rows.length; column++) rows[row][column] -= factor * rows[at][column]
    }
  }
  return rows.map((row, at) => row[rows.length] / row[at])
}
