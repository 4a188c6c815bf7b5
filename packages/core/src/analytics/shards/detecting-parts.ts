import { recordRulesFor } from '../alerts/record-rules.ts'
import { AlertSuppression } from '../detect/alert-suppression.ts'
import { CategoryDetector } from '../detect/category-detector.ts'
import { Detector, detectionThreshold } from '../detect/detector.ts'
import { KeyWindows } from '../windows/key-windows.ts'
import type { KeyParts } from './key-parts.ts'

/** The parts that shards are made of. */
export const keyParts: KeyParts = {
  threshold: detectionThreshold,
  number: (packed) => (packed === undefined ? new Detector() : Detector.unpack(packed as never)),
  category: (packed) => (packed === undefined ? new CategoryDetector() : CategoryDetector.unpack(packed as never)),
  suppression: (packed) => (packed === undefined ? new AlertSuppression() : AlertSuppression.unpack(packed as never)),
  windows: (definitions, packed) => (packed === undefined ? new KeyWindows(definitions) : KeyWindows.unpack(packed, definitions)),
  rules: recordRulesFor,
}
