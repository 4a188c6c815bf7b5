import { z } from 'zod'

/** The formats of texts that are checked. */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['date', fits(z.iso.date())],
  ['date-time', fits(z.iso.datetime({ offset: true }))],
  ['duration', fits(z.iso.duration())],
  ['email', fits(z.email())],
  ['hostname', fits(z.hostname())],
  ['ipv4', fits(z.ipv4())],
  ['ipv6', fits(z.ipv6())],
  ['time', fits(z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/))],
  ['uri', (text: string) => URL.canParse(text)],
  ['uuid', fits(z.uuid())],
])

function fits(form: z.ZodType): (text: string) => boolean {
  return (text) => form.safeParse(text).success
}
