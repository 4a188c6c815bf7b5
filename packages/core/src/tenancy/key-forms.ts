/** Virtual keys as they are asked for and shown. @module */
import { z } from 'zod'
import { aName, numberBetween, pageOf, shownText, time, wholeNumber } from '../define/forms.ts'
import type { VirtualKeyRequest } from './virtual-keys.ts'

const whole = wholeNumber(0, 1_000_000_000)

export const keyRequestForm: z.ZodType<VirtualKeyRequest> = z.strictObject({
  name: aName().optional(),
  user_id: shownText(256).optional(),
  permissions: z.array(z.string().max(64)).min(1).max(100).optional(),
  groups: z.array(shownText(256)).max(200).optional(),
  limits: z
    .strictObject({
      requests_per_minute: whole.exactOptional(),
      tokens_per_minute: whole.exactOptional(),
      monthly_budget_usd: numberBetween(0, 1_000_000_000).exactOptional(),
    })
    .optional(),
  expires_at: time.optional(),
}) as unknown as z.ZodType<VirtualKeyRequest>

const shown = z.object({
  key_id: z.string(),
  tenant_id: z.string(),
  name: z.string(),
  user_id: z.string(),
  permissions: z.array(z.string()),
  groups: z.array(z.string()),
  limits: z.object({
    requests_per_minute: z.number().optional(),
    tokens_per_minute: z.number().optional(),
    monthly_budget_usd: z.number().optional(),
  }),
  made_by: z.string(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
})

/** With the key itself, this once. */
export const newKeyForm: z.ZodType = shown.extend({ key: z.string() })
export const keyListForm: z.ZodType = pageOf(shown)
