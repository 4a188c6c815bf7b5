import { hasWorkflow, holdsPersonalData, type RiskRule } from './risk-rule.ts'

/** What becomes of data, and who may do what. */
export const dataRisks: readonly RiskRule[] = [
  {
    id: 'tools-without-approval',
    severity: 'high',
    when: ({ profile: { workflow } }) => workflow.tools && !workflow.approval,
    risk: 'Agents call tools that change something, and nobody is asked before.',
    what_to_do:
      'Leave such tools out of an agent’s `allow`: each call then waits for `plinth workflows approve`. Give agents the tools that they need and no other.',
    practices: ['AGENTSEC04-BP02', 'AGENTSEC02-BP01', 'GENSEC05-BP01'],
  },
  {
    id: 'personal-data-anywhere',
    severity: 'high',
    when: ({ profile }) => holdsPersonalData(profile) && /^(?:bedrock\/)?global\./.test(profile.model_id),
    risk: 'Personal data goes to a model whose inference profile may answer in any region.',
    what_to_do:
      'Name a model of a geography, or a bare id, and set `plinth tenants configure --region … --residency in-region` (or `geo`): another profile is refused then.',
    practices: ['GENSEC01-BP03', 'GENREL05-BP01'],
  },
  {
    id: 'personal-data',
    severity: 'high',
    when: ({ profile }) => holdsPersonalData(profile),
    risk: 'Data of people, of their health or their payments stands in prompts, documents and answers.',
    what_to_do:
      'Set filters that mask or block them (`plinth tenants configure --filters`), a short `retention.requests_days`, and on AWS a guardrail (`PLINTH_BEDROCK_GUARDRAIL`). Filters find by form: try them on your own texts. What a law asks for besides isn’t done by software.',
    practices: ['GENSEC02-BP01', 'GENSEC04-BP02', 'GENSEC01-BP03'],
  },
  {
    id: 'orders-in-documents',
    severity: 'medium',
    when: ({ profile: { knowledge } }) => knowledge.documents > 0,
    risk: 'A document may hold words that are meant as orders for the model.',
    what_to_do:
      'Let only trusted people ingest, use `acl` of documents, and set the filter `prompt_injection`. It knows a part of such words only; that answers are tied to their sources is what holds.',
    practices: ['GENSEC04-BP02', 'GENSEC01-BP03'],
    runbook: 'poisoned-document',
  },
  {
    id: 'scanned-pages',
    severity: 'medium',
    when: ({ profile: { knowledge } }) => knowledge.scanned_share > 0,
    risk: 'Scanned pages are read by character recognition, with faults that nobody sees, and some give no words at all.',
    what_to_do:
      'Look at `GET /api/documents?status=failed` after an ingest, and at the text of a few. Embedded they are read in English alone; on AWS functions read them only when they were bundled with the canvas for their processor (docs/aws.md).',
    practices: ['GENPERF01-BP01', 'GENOPS01-BP01'],
    runbook: 'poisoned-document',
  },
  {
    id: 'answers-without-support',
    severity: 'medium',
    when: ({ profile: { knowledge } }) => knowledge.documents > 0,
    risk: 'A question that only looks as if the documents answered it is often answered.',
    what_to_do:
      'Measure your own questions with `plinth eval answers`, in CI with a threshold, and show people the citations beside each answer.',
    practices: ['GENPERF01-BP01', 'GENOPS01-BP01', 'GENSEC02-BP01'],
  },
  {
    id: 'effects-twice',
    severity: 'medium',
    when: ({ profile: { workflow } }) => workflow.tools,
    risk: 'Tools are called at least once: after a crash one may do the same thing twice.',
    what_to_do: 'Have tools tell a repeated call by the key that they are given with it.',
    practices: ['AGENTREL06-BP04'],
  },
  {
    id: 'leaked-keys',
    severity: 'medium',
    when: ({ profile: { tenants } }) => tenants.count > 1,
    risk: 'Each tenant holds keys of its own, and a key that leaks is good until somebody takes it back.',
    what_to_do:
      'Make keys with few permissions, a limit and an end (`plinth tenants keys create`), and try the runbook before it is needed: keys and tokens are refused from the next request on.',
    practices: ['GENSEC01-BP01'],
    runbook: 'key-compromise',
  },
  {
    id: 'steps-that-fail',
    severity: 'low',
    when: ({ profile }) => hasWorkflow(profile),
    risk: 'One step that fails for good ends a whole run.',
    what_to_do:
      'Say for each step what follows from its failure (`on_failure`: fail, skip or replan). `plinth workflows retry` does a failed one again and keeps the others.',
    practices: ['AGENTREL07-BP02', 'GENREL03-BP01'],
    runbook: 'dead-letters',
  },
  {
    id: 'work-of-a-suspended-tenant',
    severity: 'low',
    when: ({ profile: { tenants } }) => tenants.count > 1,
    risk: 'What a tenant sent before it was suspended waits, and its records in a shared stream lose their place.',
    what_to_do: 'Bound a tenant that only sends too much (`plinth tenants configure`); suspend one that must be stopped.',
    practices: ['AGENTPERF07-BP01'],
    runbook: 'suspended-tenant',
  },
]
