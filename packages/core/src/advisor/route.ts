import { type AnyRoute, defineRoute } from '../define/route.ts'
import { advise } from './advise.ts'
import { type AdviceRequest, adviceBody, adviceForm } from './forms.ts'

type None = Record<never, never>

/** `POST /api/advisor`: computes, keeps nothing and calls no model, so whoever may read may ask. */
export const advisorRoute: AnyRoute = defineRoute<None, None, AdviceRequest>({
  method: 'POST',
  path: '/api/advisor',
  permission: 'advisor:read',
  summary: 'Which patterns fit what is to be built, what they cost a month on AWS and why, and what breaks first.',
  body: adviceBody,
  replies: { 200: { summary: 'The advice.', body: adviceForm } },
  async handle(scope, { body: { profile, prices } }) {
    // Whichever models a tenant may use, what others cost may be asked.
    const models = scope.models.shared ?? scope.models
    const advice = advise(profile, {
      today: scope.clock.now(),
      findModel: (id, kind) => (kind === 'language' ? models.resolve(id) : models.resolveEmbedding(id)).entry,
      entries: models.entries(),
      ...(prices && { prices }),
    })
    return { status: 200, body: advice }
  },
})
