/** `npm run faults -- --server`: see docs/faults.md. @module */
import type { Workbench } from '../bench.ts'
import type { FaultsOptions } from '../options.ts'
import { disturbanceWords, kinds } from './disturbances.ts'
import { entriesOf } from './ledger.ts'
import { tenants } from './marks.ts'
import { type RunResult, runServerFaults } from './run.ts'

const mostShown = 8
const sayEvery = 20_000

/** @returns whether nothing was found. */
export async function tryServer(workbench: Workbench, { kills, seed, minutes, disturbances }: FaultsOptions): Promise<boolean> {
  console.log(`faults: a server is killed ${kills} times under load, with the seed ${seed}`)
  let told = performance.now()
  const result = await runServerFaults({
    ...{ folder: workbench.folder, shim: workbench.shim, kills, seed },
    wanted: disturbances,
    milliseconds: minutes * 60_000,
    onRound: (round, { kind }) => {
      if (performance.now() - told < sayEvery) return
      told = performance.now()
      console.error(`faults: round ${round} of ${kills}: ${disturbanceWords[kind]}`)
    },
  })
  for (const line of tableOf(result)) console.log(line)
  const clean = [...result.findings.values()].every((words) => words.length === 0)
  if (!clean) console.log(`faults: --server --kills ${kills} --seed ${seed} has them again, as far as moments allow`)
  return clean
}

/** What was done, what was made of it, and what was found. */
export function tableOf({ findings, deaths, ledger, untried, seconds }: RunResult): readonly string[] {
  const { entries } = ledger
  const count = (type: Parameters<typeof entriesOf>[1]): number => entriesOf(entries, type).length
  const total = [...deaths.values()].reduce((sum, each) => sum + each, 0)
  const ends = new Map<string, number>()
  for (const { end } of entriesOf(entries, 'ended')) ends.set(end, (ends.get(end) ?? 0) + 1)
  const calls = [...ends].map(([end, number]) => `${number} ${end}`).join(', ')
  return [
    ...kinds.map((kind) => `${`${deaths.get(kind) ?? 0}`.padStart(5)}  ${disturbanceWords[kind]}`),
    `${`${total}`.padStart(5)}  in all, in ${seconds.toFixed(0)} s; ${tenants.length} tenants`,
    ...untried.map((reason) => `       not tried: ${reason}`),
    `       ${count('request')} requests (${count('refused')} refused, ${count('cancelled')} cancelled), ${count('workflow')} workflows,`,
    `       ${count('document')} documents (${count('deleted')} deleted), ${count('replied')} questions, ${count('records')} batches of records,`,
    `       ${count('key')} virtual keys, ${count('told')} webhooks; the model was asked ${count('asked')} times: ${calls}`,
    ...[...findings].flatMap(([name, words]) => [
      `${`${words.length}`.padStart(5)}  findings: ${name}`,
      ...words.slice(0, mostShown).map((each) => `         ${each}`),
      ...(words.length > mostShown ? [`         and ${words.length - mostShown} more`] : []),
    ]),
  ]
}
