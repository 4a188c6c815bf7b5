import { formatDuration } from '../../kit/format.ts'

/** @param none in the place of a time that there is not. */
export function shownTime(milliseconds: number | null, none = '–'): string {
  return milliseconds === null ? none : formatDuration(milliseconds)
}
