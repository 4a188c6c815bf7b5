/** The most rows, and so documents, of a segment: numbers of both fit 16 bits. */
export const segmentRows = 65_536

/** Segments are made this small where that doesn't make many, so that finishing one doesn't take long. */
const usualRows = 8_192
const usualSegments = 16

/** How many rows each segment of a put gets: all of a usual put, a sixteenth of the largest. */
export function rowsOfSegment(total: number): number {
  return Math.min(segmentRows, Math.max(usualRows, Math.ceil(total / usualSegments)))
}
