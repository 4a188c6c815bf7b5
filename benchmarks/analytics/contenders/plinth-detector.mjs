/** The detector of each key, and nothing around it. @module */
import { Detector } from '../../../packages/core/dist/analytics/detect/detector.js'

export function open() {
  const detectors = []
  return {
    next: (key, value, time) => {
      let detector = detectors[key]
      if (!detector) {
        detector = new Detector()
        detectors[key] = detector
      }
      return detector.next(value, time)
    },
    /** Characters of a detector as it is kept. */
    packed: () => JSON.stringify(detectors[0].pack()).length,
    close: async () => {},
  }
}
