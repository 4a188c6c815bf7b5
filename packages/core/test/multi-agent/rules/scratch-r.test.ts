import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, it } from 'vitest'
import { RunBudget } from "../../../src/multi-agent/run/run-budget.ts"
import { questionsOf } from '../../../src/multi-agent/plan/questions.ts'
import { research } from '../../../src/multi-agent/steps/rules/research.ts'
import { analyse, analysisText } from '../../../src/multi-agent/steps/rules/analyse.ts'
import { writeReport } from '../../../src/multi-agent/steps/rules/report.ts'
import { RagBench } from '../../rag/rag-bench.ts'
let bench: RagBench | undefined
afterEach(async () => { await bench?.stop() })
it('x', async () => {
  const docs = readdirSync('/tmp/stranger4711/docs').map((source) => ({ source, content: readFileSync(`/tmp/stranger4711/docs/${source}`, 'utf8') }))
  docs.push({source:'series.md',content:'# Series X\n\nSeries X has two pumps.\n\n|  | Falk 20 | Gans 30 |\n|---|---|---|\n| Noise | 40 dB | 43 dB |\n| Weight | 20 kg | 31 kg |\n| Price | 900 EUR | 1,100 EUR |\n\nThe Falk 20 is delivered within 14 days. The liability for the Falk 20 is 5,000 EUR.'}, { source: 'north.md', content: '# North\n\nThe plant in the north makes valves. Its scrap rate was 2.5 %.\n' }, { source: 'south.md', content: '# South\n\nThe plant in the south makes valves. Its scrap rate was 1.5 %.\n' })
  bench = await RagBench.open()
  await bench.ingest(docs)
  let out = ''
  const scope = await bench.scope()
  for (const request of readFileSync('/tmp/rs/requests', 'utf8').split('\n').filter(Boolean)) {
    const questions = questionsOf(request)
    const findings = []
    for (const question of questions) findings.push({ question, result: (await research(scope, question, questions.filter((q) => q !== question), { budget: new RunBudget({ limits: {}, what: "budget" }), signal: new AbortController().signal })).result })
    out += `>>> ${request}\n${JSON.stringify(questions)}\n${writeReport({ title: request, findings, analyses: [analysisText(analyse(findings, request)).result()] }).text}\n`
  }
  writeFileSync('/tmp/rs/out', out)
}, 100000)
